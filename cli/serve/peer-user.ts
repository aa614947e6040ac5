// Which user of this machine opened the other end of a local TCP connection, from the kernel's table of sockets. Runs in the
// served host on Linux; no other system shows this without a program of its own.
// https://docs.kernel.org/networking/proc_net_tcp.html

import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** A socket in another state may have lost its owner: the kernel then lists it as root's. */
const ESTABLISHED = '01';
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

export interface TcpEnd {
  readonly address: string;
  readonly port: number;
}

/** True where `peerUserId` can know something. */
export function canTellPeerUser(): boolean {
  try {
    accessSync(TABLES[0] ?? '', constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param peer the end that somebody opened @param own the end that accepted it
 * @returns the user's id; undefined if the connection is not of this machine, or its other end is closed
 */
export async function peerUserId(peer: TcpEnd, own: TcpEnd): Promise<number | undefined> {
  const wanted = `${endText(peer)} ${endText(own)}`;
  for (const table of TABLES) {
    // Without IPv6 there is one table.
    const rows = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const row of rows) {
      const [, local = '', remote = '', state, , , , userId = ''] = row.trim().split(/\s+/);
      if (state === ESTABLISHED && `${tableEnd(local)} ${tableEnd(remote)}` === wanted && /^\d+$/.test(userId)) {
        return Number(userId);
      }
    }
  }
  return undefined;
}

/** Sixteen bytes in hexadecimal and a port; an IPv4 address is mapped, as it is where a socket of IPv6 uses it. */
function endText({ address, port }: TcpEnd): string {
  return `${Buffer.from(bytesOf(address)).toString('hex')}:${port}`;
}

function bytesOf(address: string): number[] {
  const ipv4 = MAPPED_IPV4.exec(address)?.[1] ?? (isIPv4(address) ? address : undefined);
  if (ipv4 !== undefined) return [...mappedPrefix, ...ipv4.split('.').map(Number)];
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<number>(zeros).fill(0), ...last].flatMap((group) => [group >> 8, group & 0xff]);
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The table prints an address as one or four numbers of 32 bits, each in the machine's own order of bytes. */
function tableEnd(text: string): string {
  const [hexadecimal = '', port = ''] = text.split(':');
  const words = hexadecimal.match(/.{8}/g) ?? [];
  const bytes = words.map((word) => (endianness() === 'LE' ? (word.match(/../g) ?? []).reverse().join('') : word));
  const address = bytes.join('').toLowerCase();
  const whole = words.length === 1 ? `${Buffer.from(mappedPrefix).toString('hex')}${address}` : address;
  return `${whole}:${parseInt(port, 16)}`;
}
