// What the scratch editor begins with: one object that is finalized and one that leaks, in a few lines to change.

export const SCRATCH_EXAMPLE = `// A script to try things in: change it, and press Ctrl+Enter (⌘↵) to run it.

const registry = new FinalizationRegistry((name) => {
  console.log(\`\${name} was collected\`);
});

class Session {
  constructor(user) {
    this.user = user;
    this.buffer = new ArrayBuffer(1_000_000);
  }
}

// Nothing keeps Ada's session once this function returns:
// the next major GC collects it, and its callback runs.
function visit() {
  const session = new Session('Ada');
  registry.register(session, 'session of Ada');
}
visit();

// Grace's session stays in a Map that nobody clears, so its callback never runs.
// After the run, Heapline names the Map under “Why alive”.
const openSessions = new Map();
function logIn() {
  const session = new Session('Grace');
  openSessions.set('grace', session);
  registry.register(session, 'session of Grace');
}
logIn();

// Something to wait for: without it the script would be over before the first GC.
setTimeout(() => console.log(\`\${openSessions.size} session is still open\`), 1_500);
`;
