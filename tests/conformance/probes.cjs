// Small questions about FinalizationRegistry and WeakRef, each answered in a line of JSON. Run alone and observed; the
// answers must be the same. Plain CommonJS, without dependencies, so that it runs on every Node as it is.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { inspect, types } = require('node:util');
const { setFlagsFromString } = require('node:v8');
const { createContext, runInContext, runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
setFlagsFromString('--no-expose-gc');
const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
const other = createContext({});
const OtherRegistry = runInContext('FinalizationRegistry', other);
const otherRealm = runInContext('({ TypeError, Object, Function })', other);
const { prototype } = FinalizationRegistry;
const { register, unregister } = prototype;

const realmOf = (error) =>
  error instanceof TypeError ? 'this realm' : error instanceof otherRealm.TypeError ? 'other realm' : 'neither';
/** What a call does: its value, or what it throws, from which realm, and where it says that it was thrown. */
const outcome = (call) => {
  try {
    return { value: show(call()) };
  } catch (error) {
    if (error === null || typeof error !== 'object') return { thrown: show(error) };
    return {
      name: error.name,
      message: error.message,
      realm: realmOf(error),
      keys: Reflect.ownKeys(error).map(String),
      stack: String(error.stack),
    };
  }
};
const show = (value) => {
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'symbol' || typeof value === 'bigint' || Object.is(value, -0)) return inspect(value);
  if (typeof value === 'number' || value === undefined) return String(value);
  return value === null || typeof value !== 'object' ? value : Object.prototype.toString.call(value);
};
const describeProperties = (object) =>
  Reflect.ownKeys(object).map((key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key);
    return [String(key), show(value), show(get), show(set), flags];
  });
const bad = [undefined, null, true, 1, -0, 1n, 'text', Symbol.for('registered'), NaN];
const good = () => [
  {},
  [],
  () => {},
  Symbol('own'),
  Symbol.iterator,
  new Proxy({}, {}),
  Object.create(null),
  new WeakRef({}),
];

/** @type {Record<string, () => unknown>} */
const probes = {
  'properties of the constructor': () => describeProperties(FinalizationRegistry),
  'properties of the prototype, in order': () => describeProperties(prototype),
  'properties of register': () => describeProperties(register),
  'properties of unregister': () => describeProperties(unregister),
  'the global property': () => {
    const { value, ...flags } = Object.getOwnPropertyDescriptor(globalThis, 'FinalizationRegistry');
    return [value === prototype.constructor, flags];
  },
  'prototype chain': () => [
    Object.getPrototypeOf(FinalizationRegistry) === Function.prototype,
    Object.getPrototypeOf(prototype) === Object.prototype,
    Object.getPrototypeOf(register) === Function.prototype,
    Object.isExtensible(FinalizationRegistry),
    Object.isFrozen(prototype),
    typeof FinalizationRegistry,
    typeof register,
  ],
  'names and lengths': () =>
    [FinalizationRegistry, register, unregister].map((method) => [method.name, method.length, 'prototype' in method]),
  'source text': () => [
    String(FinalizationRegistry),
    String(register),
    `${unregister}`,
    Function.prototype.toString.call(prototype.constructor),
    String(Function.prototype.toString),
    Function.prototype.toString.name,
    Function.prototype.toString.length,
    describeProperties(Function.prototype.toString),
    String(function own() {
      return 'text';
    }),
    String(class A {}),
  ],
  'source text of what has none': () => [
    outcome(() => Function.prototype.toString.call({})),
    outcome(() => Function.prototype.toString.call()),
    outcome(() => new Function.prototype.toString()),
  ],
  'Object.prototype.toString': () => [
    String(new FinalizationRegistry(() => {})),
    Object.prototype.toString.call(prototype),
    Object.prototype.toString.call(register),
    prototype[Symbol.toStringTag],
  ],
  inspection: () => [
    inspect(FinalizationRegistry),
    inspect(new FinalizationRegistry(() => {})),
    inspect(new FinalizationRegistry(() => {}), { showHidden: true }),
    inspect(prototype),
    inspect(register),
    inspect(new (class Own extends FinalizationRegistry {})(() => {})),
  ],
  'own keys of a registry': () => Reflect.ownKeys(new FinalizationRegistry(() => {})).map(String),
  'methods are no constructors': () => [
    outcome(() => new register()),
    outcome(() => Reflect.construct(Object, [], unregister)),
    outcome(() => class extends register {}),
  ],
  'constructed without new': () => [
    outcome(() => FinalizationRegistry(() => {})),
    outcome(() => FinalizationRegistry.call(new FinalizationRegistry(() => {}), () => {})),
    outcome(() => Reflect.apply(FinalizationRegistry, undefined, [])),
  ],
  'constructed with what cannot be called': () =>
    [...bad, {}, [], Object.create(Function.prototype)].map((cleanup) =>
      outcome(() => new FinalizationRegistry(cleanup)),
    ),
  'constructed with nothing, in a subclass': () => outcome(() => new (class Own extends FinalizationRegistry {})()),
  'callable things as callbacks': () =>
    [
      class {},
      async () => {},
      function* () {},
      async function* () {},
      function () {}.bind(null),
      new Proxy(() => {}, {}),
      Math.max,
    ].map((cleanup) => outcome(() => new FinalizationRegistry(cleanup))),
  'a revoked proxy as callback': () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return outcome(() => new FinalizationRegistry(proxy));
  },
  'newTarget of every kind': () => {
    const of = (newTarget) =>
      outcome(() => {
        const made = Reflect.construct(FinalizationRegistry, [() => {}], newTarget);
        register.call(made, {}, 1);
        const is = Object.getPrototypeOf(made);
        return [
          is === prototype,
          is === Array.prototype,
          is === OtherRegistry.prototype,
          is === newTarget?.prototype,
        ].join();
      });
    const throwing = Object.defineProperty(function () {}.bind(), 'prototype', {
      get() {
        throw 'from the getter';
      },
    });
    const noObject = new Function();
    noObject.prototype = 1;
    const otherNoObject = new otherRealm.Function();
    otherNoObject.prototype = null;
    return [
      of(FinalizationRegistry),
      of(Array),
      of(function () {}),
      of(function () {}.bind()),
      of(new Proxy(function () {}, {})),
      of(new Proxy(FinalizationRegistry, {})),
      of(OtherRegistry),
      of(class extends FinalizationRegistry {}),
      of(throwing),
      of(noObject),
      of(otherNoObject),
      of(undefined),
      of(null),
      of(() => {}),
      of({}),
      of(register),
      of(1),
    ];
  },
  'how often the prototype of newTarget is read': () => {
    const log = [];
    const newTarget = new Proxy(function () {}, {
      get: (target, key) => (log.push(String(key)), Reflect.get(target, key)),
      getOwnPropertyDescriptor: (target, key) => (
        log.push(`own ${String(key)}`),
        Reflect.getOwnPropertyDescriptor(target, key)
      ),
    });
    Reflect.construct(FinalizationRegistry, [() => {}], newTarget);
    outcome(() => Reflect.construct(FinalizationRegistry, [], newTarget));
    return log;
  },
  'arguments beyond the first': () => outcome(() => new FinalizationRegistry(() => {}, 1, 2)),
  subclasses: () => {
    const log = [];
    class Own extends FinalizationRegistry {
      field = log.push('field');
      #secret = 'secret';
      constructor(callback, name) {
        super(callback);
        log.push(new.target === Own, name, this.#secret);
      }
      register(target, held, token) {
        log.push('register', arguments.length);
        return super.register(target, held, token);
      }
      unregister(token) {
        return super.unregister(token);
      }
      get [Symbol.toStringTag]() {
        return 'Own';
      }
    }
    const own = new Own(() => {}, 'name');
    const token = {};
    return [
      own.register({}, 1, token),
      own.unregister(token),
      own.unregister(token),
      log,
      own instanceof Own,
      own instanceof FinalizationRegistry,
      prototype.isPrototypeOf(own),
      String(own),
      Object.keys(own),
      Own.length,
      Object.getPrototypeOf(Own) === FinalizationRegistry,
      types.isProxy(own),
      outcome(() => own.register(1)),
      outcome(() => new Own(1)),
    ];
  },
  'species, has-instance and the like': () =>
    [Symbol.species, Symbol.hasInstance, 'caller', 'arguments', 'prototype'].map((key) =>
      outcome(() => FinalizationRegistry[key] === prototype),
    ),
  'good targets': () => good().map((target) => outcome(() => new FinalizationRegistry(() => {}).register(target, 1))),
  'bad targets': () => bad.map((target) => outcome(() => new FinalizationRegistry(() => {}).register(target, 'held'))),
  'a target that is its own held value': () =>
    good().map((target) => outcome(() => new FinalizationRegistry(() => {}).register(target, target))),
  'a bad target that is its own held value': () =>
    bad.map((target) => outcome(() => new FinalizationRegistry(() => {}).register(target, target))),
  'good tokens': () =>
    good().map((token) => {
      const registry = new FinalizationRegistry(() => {});
      return [outcome(() => registry.register({}, 1, token)), registry.unregister(token), registry.unregister(token)];
    }),
  'bad tokens': () =>
    bad.map((token) => {
      const registry = new FinalizationRegistry(() => {});
      return [outcome(() => registry.register({}, 1, token)), outcome(() => registry.unregister(token))];
    }),
  'the target as its own token': () => {
    const registry = new FinalizationRegistry(() => {});
    const target = {};
    registry.register(target, 1, target);
    return [registry.unregister(target), registry.unregister(target)];
  },
  'one token for many': () => {
    const registry = new FinalizationRegistry(() => {});
    const token = {};
    const targets = Array.from({ length: 100 }, () => ({}));
    for (const target of targets) registry.register(target, 1, token);
    return [registry.unregister(token), registry.unregister(token), targets.length];
  },
  'numbers of arguments': () => {
    const registry = new FinalizationRegistry(() => {});
    return [
      outcome(() => registry.register()),
      outcome(() => registry.register({})),
      outcome(() => registry.register({}, 1, undefined)),
      outcome(() => registry.register({}, 1, {}, 2)),
      outcome(() => registry.unregister()),
      outcome(() => registry.unregister({}, 1)),
    ];
  },
  'receivers that are no registry': () =>
    [
      ...bad,
      {},
      prototype,
      FinalizationRegistry,
      new WeakRef({}),
      new Proxy(new FinalizationRegistry(() => {}), {}),
      Object.create(new FinalizationRegistry(() => {})),
    ].map((self) => [outcome(() => register.call(self, {}, 1)), outcome(() => unregister.call(self, {}))]),
  'the order in which arguments are checked': () => {
    const same = {};
    return [
      outcome(() => register.call({}, 1, 1, 1)),
      outcome(() => new FinalizationRegistry(() => {}).register(1, 1, 1)),
      outcome(() => new FinalizationRegistry(() => {}).register(same, same, 1)),
    ];
  },
  'registries of other realms': () => {
    const mine = new FinalizationRegistry(() => {});
    const theirs = new OtherRegistry(() => {});
    const token = {};
    return [
      outcome(() => register.call(theirs, {}, 1, token)),
      unregister.call(theirs, token),
      outcome(() => OtherRegistry.prototype.register.call(mine, {}, 1, token)),
      OtherRegistry.prototype.unregister.call(mine, token),
      outcome(() => register.call(mine, {}, 1, token)),
      OtherRegistry.prototype.unregister.call(mine, token),
      unregister.call(mine, token),
      outcome(() => OtherRegistry.prototype.register.call(mine, 1)),
      outcome(() => register.call(theirs, 1)),
      outcome(() => new OtherRegistry(1)),
      mine instanceof OtherRegistry,
      theirs instanceof FinalizationRegistry,
      OtherRegistry.prototype === prototype,
      runInContext('String(FinalizationRegistry)', other),
    ];
  },
  'the stack where register is called with something bad': () => {
    const registry = new FinalizationRegistry(() => {});
    function outer() {
      return inner();
    }
    function inner() {
      registry.register(1);
    }
    return [outcome(outer), outcome(() => [1].map(() => registry.register('text')))];
  },
  'stacks with other limits': () => {
    const limit = Error.stackTraceLimit;
    const registry = new FinalizationRegistry(() => {});
    const seen = [];
    for (const value of [0, 1, 2, 200, -1, 1.5, 'text', undefined]) {
      Error.stackTraceLimit = value;
      let error;
      try {
        registry.register(1);
      } catch (caught) {
        error = caught;
      }
      seen.push([Object.hasOwn(error, 'stack'), String(error.stack), Error.stackTraceLimit === value]);
    }
    delete Error.stackTraceLimit;
    seen.push([
      outcome(() => registry.register(1)),
      outcome(() => registry.register({}, 1)),
      Object.hasOwn(Error, 'stackTraceLimit'),
    ]);
    Error.stackTraceLimit = limit;
    return seen;
  },
  "a hook for stacks sees only what is the program's": () => {
    const registry = new FinalizationRegistry(() => {});
    const seen = [];
    Error.prepareStackTrace = (error, callSites) => {
      seen.push([error.name, callSites.map((site) => `${site.getTypeName()} ${site.getFunctionName()}`)]);
      return 'prepared';
    };
    registry.register({}, 1);
    new FinalizationRegistry(() => {}).register({}, {});
    seen.push('nothing so far');
    try {
      registry.register(1);
    } catch (error) {
      seen.push(error.stack);
    }
    const is = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    seen.push([typeof is.value, is.writable, is.enumerable, is.configurable]);
    delete Error.prepareStackTrace;
    return seen;
  },
  'properties of Error after registering': () => {
    new FinalizationRegistry(() => {}).register({}, 1);
    return [Reflect.ownKeys(Error).map(String), Error.stackTraceLimit];
  },
  'accessors on Error are not called': () => {
    const log = [];
    const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
    Object.defineProperty(Error, 'stackTraceLimit', {
      get: () => (log.push('get'), 10),
      set: () => log.push('set'),
      configurable: true,
    });
    new FinalizationRegistry(() => {}).register({}, 1);
    Object.defineProperty(Error, 'stackTraceLimit', limit);
    return log;
  },
  'what cannot be cloned': () => [
    outcome(() => structuredClone(new FinalizationRegistry(() => {}))),
    outcome(() => structuredClone(new WeakRef({}))),
  ],
  'json and keys': () => [
    JSON.stringify(new FinalizationRegistry(() => {})),
    Object.keys(globalThis),
    Object.keys(prototype),
  ],
  WeakRef: () => [
    describeProperties(WeakRef),
    describeProperties(WeakRef.prototype),
    String(WeakRef),
    inspect(WeakRef.prototype.deref),
    ...bad.map((target) => outcome(() => new WeakRef(target))),
    outcome(() => WeakRef({})),
    outcome(() => WeakRef.prototype.deref.call({})),
    ...good().map((target) => new WeakRef(target).deref() === target),
  ],
  'a frozen prototype, and back': () => {
    const registry = new FinalizationRegistry(() => {});
    return [
      outcome(() => registry.register(Object.freeze({}), 1)),
      outcome(() => Object.freeze(registry).register({}, 1)),
      Object.isFrozen(registry),
    ];
  },
};

/** What callbacks get: registers, collects, and waits. */
async function callbacks() {
  const held = [
    undefined,
    null,
    NaN,
    -0,
    1n,
    'text',
    true,
    Symbol('own'),
    Symbol.iterator,
    { plain: 1 },
    [1],
    () => {},
    new Proxy({}, {}),
    { heaplineId: 1, held: 2 },
  ];
  const seen = [];
  const store = new AsyncLocalStorage();
  const strict = new FinalizationRegistry(function (value) {
    'use strict';
    seen.push([
      held.findIndex((one) => Object.is(one, value)),
      show(this),
      arguments.length,
      store.getStore() ?? 'no store',
      new.target === undefined,
    ]);
  });
  const sloppy = new FinalizationRegistry(
    new Function('value', 'this.sloppySaw = [this === globalThis, arguments.length, value]'),
  );
  const raw = runInContext('FinalizationRegistry.prototype.register', other);
  const viaOther = [];
  const otherWay = new FinalizationRegistry((value) => viaOther.push(held.findIndex((one) => Object.is(one, value))));
  const nested = [];
  const again = new FinalizationRegistry((count) => {
    nested.push(count);
    if (count > 0) again.register({}, count - 1);
  });
  const tried = [];
  const kinds = {
    async: async (value) => tried.push(['async', value]),
    generator: function* (value) {
      tried.push(['generator', value]);
    },
    bound: function (...values) {
      tried.push(['bound', this.is, ...values]);
    }.bind({ is: 'this' }, 'first'),
    proxy: new Proxy((value) => tried.push(['target', value]), {
      apply: (target, self, list) => (tried.push(['trap', show(self), list.length]), target(...list)),
    }),
    native: tried.push.bind(tried),
  };
  const registries = Object.entries(kinds).map(([name, callback]) => [new FinalizationRegistry(callback), name]);
  const token = {};
  let survivor;
  store.run('the store of the constructor', () => {
    for (const value of held) strict.register({}, value);
    sloppy.register({}, 'held');
    for (const value of held.slice(0, -1)) raw.call(otherWay, {}, value);
    again.register({}, 2);
    for (const [registry, name] of registries) registry.register({}, name);
    strict.register({}, 'unregistered', token);
    survivor = strict.unregister(token);
  });
  for (let round = 0; round < 6; round++) {
    await turn(5);
    collect();
    await turn(20);
  }
  const byText = (list) => list.map((entry) => JSON.stringify(entry)).sort();
  return {
    seen: byText(seen),
    sloppy: globalThis.sloppySaw,
    viaOther: viaOther.sort(),
    nested,
    tried: byText(tried),
    survivor,
    alive: [strict, sloppy, otherWay, again, registries].length,
  };
}

/** Errors thrown in callbacks reach the process's handlers, and the others still run. */
async function throwing() {
  const seen = [];
  const onMonitor = (error, origin) => seen.push(['monitor', error.message, origin]);
  const onUncaught = (error, origin) => seen.push(['uncaught', error.message, origin]);
  process.on('uncaughtExceptionMonitor', onMonitor);
  process.on('uncaughtException', onUncaught);
  const registry = new FinalizationRegistry((value) => {
    if (value % 2 === 1) throw new RangeError(`thrown ${value}`);
    seen.push(['ran', value]);
  });
  const badly = new FinalizationRegistry(class {});
  const { proxy, revoke } = Proxy.revocable(() => {}, {});
  const revoked = new FinalizationRegistry(proxy);
  (() => {
    for (let value = 0; value < 6; value++) registry.register({}, value);
    badly.register({}, 1);
    revoked.register({}, 1);
  })();
  revoke();
  for (let round = 0; round < 4; round++) {
    await turn(5);
    collect();
    await turn(30);
  }
  process.off('uncaughtExceptionMonitor', onMonitor);
  process.off('uncaughtException', onUncaught);
  return { seen: seen.map((entry) => JSON.stringify(entry)).sort(), alive: [registry, badly, revoked].length };
}

/** What the observer might keep alive: everything here must be collected. */
async function collection() {
  const places = {};
  const watch = (name, object) => ((places[name] = new WeakRef(object)), object);
  globalThis.longLived = { token: {}, registry: new FinalizationRegistry(() => {}) };
  (() => {
    const { registry, token } = globalThis.longLived;
    registry.register(watch('target', {}), watch('held value', { of: 'target' }), watch('token', {}));
    registry.register(watch('target of a shared token', {}), watch('held value of a shared token', {}), token);
    registry.register(watch('another target of a shared token', {}), watch('another held value', {}), token);
    const callback = watch('callback', () => {});
    const dropped = watch('registry', new FinalizationRegistry(callback));
    dropped.register(globalThis.longLived, watch('held value of a registry', {}), watch('token of a registry', {}));
    const unregistered = watch('unregistered token', {});
    registry.register(globalThis.longLived, watch('unregistered held value', {}), unregistered);
    registry.unregister(unregistered);
    try {
      registry.register(1, watch('held value of a failure', {}), watch('token of a failure', {}));
    } catch {
      // As expected.
    }
    const same = watch('target that is its held value', {});
    try {
      registry.register(same, same);
    } catch {
      // As expected.
    }
    inspect(watch('inspected registry', new FinalizationRegistry(() => {})));
    new FinalizationRegistry(watch('callback of a registry', () => {}));
  })();
  for (let round = 0; round < 5; round++) {
    await turn(5);
    collect();
    await turn(20);
  }
  return Object.entries(places).map(
    ([name, { deref }]) => `${name}: ${deref.call(places[name]) === undefined ? 'collected' : 'alive'}`,
  );
}

async function main() {
  const print = (name, answer) => process.stdout.write(`${JSON.stringify([name, answer])}\n`);
  for (const [name, probe] of Object.entries(probes)) {
    let answer;
    try {
      answer = probe();
    } catch (error) {
      answer = { unexpected: String(error), stack: error.stack };
    }
    print(name, answer);
  }
  print('callbacks', await callbacks());
  print('throwing callbacks', await throwing());
  print('collection', await collection());
}
void main();
