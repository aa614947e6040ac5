// The headers of everything that the served host sends: what the page may load, and from where.

import type { OutgoingHttpHeaders } from 'node:http';
import { contentSecurityPolicy } from '../../page-files/content-security-policy.ts';

/** @param host the `Host` that the request named; it has been checked */
export function securityHeaders(host: string): OutgoingHttpHeaders {
  return {
    'Content-Security-Policy': contentSecurityPolicy([`ws://${host}`]),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}
