// What the scratch editor begins with: one object that is finalized and one that leaks, in a few lines to change.

export const SCRATCH_EXAMPLE = `// A scratch script: change it, and press Ctrl+Enter (⌘↵) to run it in a process of its own.

const registry = new FinalizationRegistry((name) => {
  console.log(\`\${name} was collected\`);
});

class Session {
  constructor(user) {
    this.user = user;
    this.buffer = new ArrayBuffer(1_000_000);
  }
}

// Nothing outside this function keeps Ada's session: with the next major GC it is collected, and its callback runs.
function visit() {
  const session = new Session('Ada');
  registry.register(session, 'session of Ada');
}
visit();

// Grace's session stays in a Map that nobody clears. It never gets a callback; Heapline names the Map.
const openSessions = new Map();
function logIn() {
  const session = new Session('Grace');
  openSessions.set('grace', session);
  registry.register(session, 'session of Grace');
}
logIn();

// Without anything left to do the script would be over before the first GC; a server would keep running by itself.
setTimeout(() => console.log(\`\${openSessions.size} session is still open\`), 1_500);
`;
