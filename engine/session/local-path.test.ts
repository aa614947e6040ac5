import { expect, it } from 'vitest';
import { isLocalPath } from './local-path.ts';

it.each([
  String.raw`\\server\share\a.js`,
  '//server/share/a.js',
  String.raw`\/server/share/a.js`,
  String.raw`/\server\share\a.js`,
  String.raw`\\?\UNC\server\share\a.js`,
  '//?/UNC/server/share/a.js',
  String.raw`\\?\C:\a.js`,
  String.raw`\\.\pipe\a.js`,
  String.raw`\??\UNC\server\share\a.js`,
  String.raw`\\server@SSL@443\DavWWWRoot\a.js`,
  '/net/server/share/a.js',
  '/NET/server/a.js',
  '/tmp/../net/server/a.js',
  '/./net/server/a.js',
  '/Network/Servers/server/a.js',
  '/dev/fd/0.js',
  '/proc/self/cwd/a.js',
  String.raw`C:\folder\CON.js`,
  String.raw`C:\folder\com1 .js`,
  String.raw`C:\aux\a.js`,
  'C:/folder/nul',
])('%s is not looked at for a recording', (path) => expect(isLocalPath(path)).toBe(false));

it.each([
  '/home/me/a.js',
  '/home/me/net/a.js',
  '/network-tools/a.js',
  '/home/me/dev/proc.js',
  String.raw`C:\Users\me\a.js`,
  'C:/Users/me/console.js',
  String.raw`C:\Users\me\..\you\auxiliary.js`,
])('%s is a file of this machine', (path) => expect(isLocalPath(path)).toBe(true));
