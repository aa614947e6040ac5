// The programs that make installers (for AppImage, Debian's packages, NSIS, disk images). electron-builder downloads each
// when it needs it, and tries again for minutes; here it is asked beforehand whether that can succeed.

const VARIABLES = [
  'NPM_CONFIG_ELECTRON_BUILDER_BINARIES_MIRROR',
  'npm_config_electron_builder_binaries_mirror',
  'npm_package_config_electron_builder_binaries_mirror',
  'ELECTRON_BUILDER_BINARIES_MIRROR',
];
const DEFAULT_ADDRESS = 'https://github.com';

/**
 * Whether the server of electron-builder's tools answers at all; what it answers is not looked at, since mirrors have no
 * common first page. Not asked where ELECTRON_BUILDER_CACHE names a folder: it was filled for a machine without network.
 * @returns undefined if so, else why not and what to do, on one line
 */
export async function toolsProblem(timeoutMs: number, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (environment['ELECTRON_BUILDER_CACHE']) return undefined;
  const named = VARIABLES.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const address = URL.parse(named ?? DEFAULT_ADDRESS);
  const problem = address === null ? `${named} is no address` : await silenceOf(address, timeoutMs);
  if (problem === undefined) return undefined;
  return (
    `The programs that make installers cannot be downloaded: ${problem}. Run npm run dist with a network that reaches ` +
    'it, a mirror in ELECTRON_BUILDER_BINARIES_MIRROR, or a filled cache in ELECTRON_BUILDER_CACHE; with --dir none is ' +
    'needed.'
  );
}

async function silenceOf({ host, origin }: URL, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(origin, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return undefined;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return `${host} did not answer within ${timeoutMs / 1000} s`;
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `${host} cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}
