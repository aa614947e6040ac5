// Electron's protocol module: the application's own schemes, and who answers for them.

import type * as Electron from 'electron';
import { registerScheme } from './addresses.ts';
import { complain, loud } from './loud.ts';

type Handler = (request: Request) => Response | Promise<Response>;
export const protocolHandlers = new Map<string, Handler>();

export const protocol = loud('protocol', {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    for (const { scheme, privileges = {} } of schemes) {
      if (!privileges.standard || !privileges.secure) {
        throw complain(`The stand-in has only schemes that are standard and secure, which ${scheme} is not.`);
      }
      registerScheme(scheme);
    }
  },
  handle(scheme: string, handler: Handler): void {
    protocolHandlers.set(scheme, handler);
  },
  isProtocolHandled: (scheme: string): boolean => protocolHandlers.has(scheme),
  unhandle: (scheme: string): void => void protocolHandlers.delete(scheme),
});
protocol satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'isProtocolHandled' | 'unhandle'>;
