import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decideHost, type HostFacts } from './decide-host.ts';
import { probeDownload } from './electron-binary.ts';

const facts = (differing: Partial<HostFacts>) => ({
  hasDisplay: true,
  hasElectronBinary: vi.fn(() => false),
  downloadProblem: vi.fn(async () => undefined as string | undefined),
  install: vi.fn(async () => undefined as string | undefined),
  ...differing,
});

describe('which host npm start opens', () => {
  it('opens a window where a display and the program are there, and asks no network', async () => {
    const there = facts({ hasElectronBinary: () => true });
    expect(await decideHost(there)).toEqual({ host: 'desktop' });
    expect(there.downloadProblem).not.toHaveBeenCalled();
  });

  it('serves where no display is, and downloads nothing for it', async () => {
    const headless = facts({ hasDisplay: false });
    expect(await decideHost(headless)).toEqual({ host: 'served', notice: expect.stringContaining('DISPLAY') });
    expect(headless.hasElectronBinary).not.toHaveBeenCalled();
    expect(headless.downloadProblem).not.toHaveBeenCalled();
    expect(headless.install).not.toHaveBeenCalled();
  });

  it('gets the program where it can be had, and then opens a window', async () => {
    const connected = facts({});
    expect(await decideHost(connected)).toEqual({ host: 'desktop' });
    expect(connected.install).toHaveBeenCalledOnce();
  });

  it('serves where the download does not answer, and says why and what to do', async () => {
    const cutOff = facts({ downloadProblem: async () => 'download.example did not answer within 6 s' });
    const decision = await decideHost(cutOff);
    expect(decision).toEqual({ host: 'served', notice: expect.stringContaining('did not answer within 6 s') });
    expect(decision).toEqual({ host: 'served', notice: expect.stringContaining('ELECTRON_OVERRIDE_DIST_PATH') });
    expect(cutOff.install).not.toHaveBeenCalled();
  });

  it('serves where the download fails half-way', async () => {
    const failing = facts({ install: async () => 'its installer ended with status 1' });
    expect(await decideHost(failing)).toEqual({ host: 'served', notice: expect.stringContaining('status 1') });
  });

  it('says all of it on one line', async () => {
    for (const differing of [
      { hasDisplay: false },
      { downloadProblem: async () => 'x' },
      { install: async () => 'x' },
    ]) {
      const decision = await decideHost(facts(differing));
      expect(decision.host === 'served' && decision.notice).toMatch(/^[^\n]+\.$/);
    }
  });
});

describe('whether a download answers', () => {
  const servers: { close: () => void }[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    server.on('connection', (socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
    return `http://127.0.0.1:${address.port}/electron.zip`;
  }

  it('is false within the time given when a server takes the connection and says nothing', async () => {
    const address = await listen(createServer());
    const { host } = new URL(address);
    expect(await probeDownload(address, 300)).toBe(`${host} did not answer within 0.3 s`);
  });

  it('is false when it redirects to one that says nothing', async () => {
    const silent = await listen(createServer());
    const address = await listen(
      createHttpServer((_request, response) => response.writeHead(302, { Location: silent }).end()),
    );
    expect(await probeDownload(address, 300)).toMatch(/did not answer/);
  });

  it('is false when nobody listens', async () => {
    const server = createServer();
    const address = await listen(server);
    server.close();
    expect(await probeDownload(address, 5_000)).toMatch(/cannot be reached \(.*ECONNREFUSED/);
  });

  it('is false when it is not there', async () => {
    const address = await listen(createHttpServer((_request, response) => response.writeHead(404).end()));
    expect(await probeDownload(address, 5_000)).toMatch(/answered 404$/);
  });

  it('is true as soon as it begins to send, without waiting for the end', async () => {
    const address = await listen(
      createHttpServer((_request, response) => {
        response.writeHead(200, { 'Content-Length': 1_000_000 });
        response.write('the beginning');
      }),
    );
    expect(await probeDownload(address, 5_000)).toBeUndefined();
  });
});
