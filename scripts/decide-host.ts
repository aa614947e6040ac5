// Which host `npm start` opens: the desktop window where it can be had, else the same application served to a browser.
// A decision over facts that the caller finds out; see start.ts.

/** Each fact is asked for only when the decision needs it: some cost seconds. */
export interface HostFacts {
  /** False on a machine without a graphical session. */
  readonly hasDisplay: boolean;
  /** Electron's own program is there; its package comes without it. */
  hasElectronBinary(): boolean;
  /** Why Electron's program cannot be downloaded, as a clause; undefined if it can. */
  downloadProblem(): Promise<string | undefined>;
  /** Downloads it in sight of the user. Why that failed, as a clause; undefined when it is there. */
  install(): Promise<string | undefined>;
}

export type HostDecision = { readonly host: 'desktop' } | { readonly host: 'served'; readonly notice: string };

const WAYS_OUT =
  'For a window, run npm start with a network that reaches it, a mirror in ELECTRON_MIRROR, or an unpacked Electron in ' +
  'ELECTRON_OVERRIDE_DIST_PATH.';

/** Every `notice` is for the user: why there is no window, and what would give one. */
export async function decideHost(facts: HostFacts): Promise<HostDecision> {
  if (!facts.hasDisplay) {
    return {
      host: 'served',
      notice: 'There is no display for a window (neither DISPLAY nor WAYLAND_DISPLAY is set).',
    };
  }
  if (facts.hasElectronBinary()) return { host: 'desktop' };
  const unreachable = await facts.downloadProblem();
  if (unreachable !== undefined) {
    return { host: 'served', notice: `Electron's program is not installed, and ${unreachable}. ${WAYS_OUT}` };
  }
  const failed = await facts.install();
  if (failed !== undefined) {
    return { host: 'served', notice: `Electron's program could not be installed: ${failed}. ${WAYS_OUT}` };
  }
  return { host: 'desktop' };
}
