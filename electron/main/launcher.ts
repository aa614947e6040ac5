// Which process a run of the desktop application gets: built-in scenarios the Node within Electron, which is always
// there; the user's own scripts, and scenarios for which a `node` was chosen, a plain `node`.

import type { Launcher } from '../../engine/session/launcher.ts';

export function createDesktopLauncher(options: {
  readonly utility: Launcher;
  readonly node: Launcher;
  readonly scenarioRunnerPath: string;
}): Launcher {
  const { utility, node, scenarioRunnerPath } = options;
  return {
    kind: utility.kind,
    ...(node.nodePath !== undefined && { nodePath: node.nodePath }),
    launch(request) {
      const isScenario = request.entryPath === scenarioRunnerPath;
      return (isScenario && request.nodePath === undefined ? utility : node).launch(request);
    },
  };
}
