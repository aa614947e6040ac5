// What the scratch editor begins with: one object that is finalized and one that leaks, in a few lines to change.

export const SCRATCH_EXAMPLE = `// Change this script, and run it with Ctrl+Enter (⌘↵).

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

// Grace's session stays in a Map that nobody clears:
// its callback never runs, and after the run you see why.
const openSessions = new Map();
function logIn() {
  const session = new Session('Grace');
  openSessions.set('grace', session);
  registry.register(session, 'session of Grace');
}
logIn();

// Without this the script would be over before the first GC.
setTimeout(() => console.log(\`\${openSessions.size} session is still open\`), 1_500);
`;
