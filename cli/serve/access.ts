// Who may talk to the served host. It runs code, so a page of another site, a name rebound to this machine, and another
// user of the machine are all kept out: by exact Host, exact Origin, and a token that only the printed address has.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';

const TOKEN_BYTES = 24;
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost', '::1'];
const WILDCARD_HOSTS = ['0.0.0.0', '::'];

/** 192 random bits, safe in an address. */
export const createToken = () => randomBytes(TOKEN_BYTES).toString('base64url');

export const isLoopback = (host: string) => LOOPBACK_HOSTS.includes(host.toLowerCase());

const inAddress = (host: string) => (host.includes(':') ? `[${host}]` : host);

/** `host:port` as it stands in an address; an IPv6 address gets its brackets. */
export const authority = (host: string, port: number) => `${inAddress(host)}:${port}`;

/** The address at which a person finds a server that listens on `host`. */
export const reachableHost = (host: string) => (WILDCARD_HOSTS.includes(host) ? '127.0.0.1' : host);

export interface Access {
  isKnownHost(hostHeader: string | undefined): boolean;
  /** True if a page that this server sent to `hostHeader` asks. A program that is no browser sends no Origin. */
  isOwnOrigin(originHeader: string | undefined, hostHeader: string): boolean;
  /** Takes the same time for every wrong token. */
  isToken(candidate: string | null): boolean;
}

/** @param host what the server listens on: a loopback name, another name, or a wildcard address */
export function createAccess({ host, port, token }: { host: string; port: number; token: string }): Access {
  const names = new Set([host]);
  if (isLoopback(host)) for (const name of LOOPBACK_HOSTS) names.add(name);
  if (WILDCARD_HOSTS.includes(host)) {
    names.add('localhost').add(hostname());
    for (const { address } of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) {
      names.add(address);
    }
  }
  const hosts = new Set<string>();
  for (const name of names) {
    hosts.add(authority(name, port).toLowerCase());
    // A browser leaves out the port that its scheme implies.
    if (port === 80) hosts.add(inAddress(name).toLowerCase());
  }
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const tokenDigest = digest(token);
  return {
    isKnownHost: (hostHeader) => hostHeader !== undefined && hosts.has(hostHeader.toLowerCase()),
    isOwnOrigin: (originHeader, hostHeader) => originHeader === `http://${hostHeader.toLowerCase()}`,
    isToken: (candidate) => candidate !== null && timingSafeEqual(digest(candidate), tokenDigest),
  };
}
