// Who may import whom (docs/ARCHITECTURE.md). `npm run layers` fails where the code says otherwise.

const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
/** Node's own modules are always allowed here; `page-needs-no-node` forbids them to the page. */
const only = (name, from, allowed, comment) =>
  rule(name, { path: from, pathNot: '\\.test\\.ts$' }, { pathNot: allowed, dependencyTypesNot: ['core'] }, comment);

module.exports = {
  forbidden: [
    only(
      'protocol-stands-alone',
      '^engine/protocol/',
      ['^engine/protocol/', '^node_modules/valibot/'],
      'The contract serves every side: it may know none of them.',
    ),
    only(
      'scenarios-are-programs',
      '^engine/scenarios/',
      ['^engine/scenarios/', '^engine/protocol/', '^node_modules/fast-png/'],
      'A scenario is a program that anybody could have written.',
    ),
    only(
      'observer-travels-light',
      '^engine/observer/',
      ['^engine/observer/', '^engine/protocol/', '^engine/scenarios/define-scenario', '^node_modules/valibot/'],
      'The observer loads into foreign processes.',
    ),
    only(
      'session-knows-no-host',
      '^engine/session/',
      [
        '^engine/session/',
        '^engine/heap-graph/',
        '^engine/own-scenarios/loader-message',
        '^engine/protocol/',
        '^engine/scenarios/',
        '^node_modules/valibot/',
        '^node_modules/@jridgewell/trace-mapping/',
      ],
      'The session starts the observer by its path, and serves whatever port a host attaches.',
    ),
    only(
      'own-scenarios-load-apart',
      '^engine/own-scenarios/',
      [
        '^engine/own-scenarios/',
        '^engine/observer/describe-error',
        '^engine/protocol/',
        '^engine/scenarios/define-scenario',
        '^node_modules/valibot/',
      ],
      'It runs beside code of the user’s, in a process of its own.',
    ),
    only(
      'heap-graph-reads-files',
      '^engine/heap-graph/',
      ['^engine/heap-graph/', '^engine/protocol/', '^node_modules/valibot/'],
      'It explains a snapshot, whoever took it.',
    ),
    only(
      'cli-is-a-host',
      '^cli/',
      ['^cli/', '^page-files/', '^engine/(session|protocol|scenarios)/', '^node_modules/', '^package.json$'],
      'Hosts never know each other.',
    ),
    only(
      'desktop-is-a-host',
      '^electron/main/',
      ['^electron/main/', '^page-files/', '^engine/(session|protocol|scenarios)/', '^node_modules/'],
      'Hosts never know each other.',
    ),
    only('page-files-need-nothing', '^page-files/', ['^page-files/'], 'Both hosts that show the page rest on it.'),
    only(
      'preload-is-a-bridge',
      '^electron/preload/',
      ['^electron/preload/', '^engine/protocol/', '^node_modules/electron'],
      'The preload bundle must hold nothing but the bridge.',
    ),
    only(
      'page-knows-the-protocol',
      '^renderer/',
      ['^renderer/', '^engine/protocol/', '^node_modules/', '^tests/fixtures/'],
      'The page is the same in every host: it talks to the engine through a port.',
    ),
    rule(
      'page-needs-no-node',
      { path: '^renderer/src/', pathNot: '\\.test\\.ts$' },
      { dependencyTypes: ['core'] },
      'The page runs in a sandbox.',
    ),
    rule(
      'protocol-needs-no-node',
      { path: '^engine/protocol/', pathNot: '\\.test\\.ts$' },
      { dependencyTypes: ['core'] },
      'The contract serves the page too.',
    ),
    rule(
      'streams-know-no-vue',
      { path: '^renderer/src/stream/' },
      { path: '^node_modules/(vue|pinia|@vue)' },
      'Samples are never reactive.',
    ),
    rule('no-circles', {}, { circular: true }, 'A circle has no beginning to read from.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^out/', 'tests/runtimes/node_modules'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.vue', '.js', '.cjs', '.mjs', '.json', '.css'],
    },
  },
};
