// What structured cloning lets through, as text and back: how messages of ports travel between the application and the
// page. `createMessageCodec` refers to nothing outside itself, because its text is given to the page as well.

export interface MessageCodec {
  /** @throws Error for what cannot be cloned, as structured cloning does */
  encode(message: unknown): string;
  decode(text: string): unknown;
}

export function createMessageCodec(): MessageCodec {
  const VIEWS = {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  };
  type ViewName = keyof typeof VIEWS;

  /** Node's own is the fastest there; a page has none. */
  const NodeBuffer = (globalThis as { Buffer?: typeof Buffer }).Buffer;

  function toBase64(bytes: Uint8Array): string {
    if (NodeBuffer !== undefined) {
      return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    }
    const { toBase64: native } = bytes as Uint8Array & { toBase64?: () => string };
    if (native !== undefined) return native.call(bytes);
    let text = '';
    for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    return btoa(text);
  }
  function fromBase64(text: string): Uint8Array<ArrayBuffer> {
    const { fromBase64: native } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
    if (native !== undefined) return native.call(Uint8Array, text);
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }

  /** JSON's own values are themselves; whatever is more is an object with one key that begins with a dollar. */
  function toPlain(value: unknown, above: readonly object[]): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { $number: String(Object.is(value, -0) ? '-0' : value) };
      case 'undefined':
        return { $undefined: 0 };
      case 'bigint':
        return { $bigint: String(value) };
      case 'function':
      case 'symbol':
        throw new Error(`${String(value)} could not be cloned.`);
      case 'object':
        return value === null ? null : objectToPlain(value, above);
    }
  }
  function objectToPlain(value: object, above: readonly object[]): unknown {
    if (above.includes(value)) throw new Error('The stand-in carries no circles.');
    const below = [...above, value];
    const each = (inner: unknown) => toPlain(inner, below);
    if (Array.isArray(value)) return value.map(each);
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      return { $view: value.constructor.name, base64: toBase64(bytes) };
    }
    if (value instanceof ArrayBuffer) return { $buffer: toBase64(new Uint8Array(value)) };
    if (value instanceof Map) return { $map: [...value].map(each) };
    if (value instanceof Set) return { $set: [...value].map(each) };
    if (value instanceof Date) return { $date: value.getTime() };
    if (value instanceof Error) return { $error: [value.name, value.message, value.stack] };
    const entries = Object.entries(value).map(([key, inner]) => [key, each(inner)] as const);
    return entries.some(([key]) => key.startsWith('$')) ? { $object: entries } : Object.fromEntries(entries);
  }

  function fromPlain(plain: unknown): unknown {
    if (typeof plain !== 'object' || plain === null) return plain;
    if (Array.isArray(plain)) return plain.map(fromPlain);
    const tagged = plain as Record<string, unknown>;
    if ('$number' in tagged) return Number(tagged['$number']);
    if ('$undefined' in tagged) return undefined;
    if ('$bigint' in tagged) return BigInt(tagged['$bigint'] as string);
    if ('$view' in tagged) {
      const { buffer } = fromBase64(tagged['base64'] as string);
      if (tagged['$view'] === 'DataView') return new DataView(buffer);
      return new VIEWS[tagged['$view'] === 'Buffer' ? 'Uint8Array' : (tagged['$view'] as ViewName)](buffer);
    }
    if ('$buffer' in tagged) return fromBase64(tagged['$buffer'] as string).buffer;
    if ('$map' in tagged) return new Map((tagged['$map'] as unknown[]).map(fromPlain) as [unknown, unknown][]);
    if ('$set' in tagged) return new Set((tagged['$set'] as unknown[]).map(fromPlain));
    if ('$date' in tagged) return new Date(tagged['$date'] as number);
    if ('$error' in tagged) {
      const [name, message, stack] = tagged['$error'] as string[];
      return Object.assign(new Error(message), { name, stack });
    }
    const entries = ('$object' in tagged ? tagged['$object'] : Object.entries(tagged)) as [string, unknown][];
    return Object.fromEntries(entries.map(([key, inner]) => [key, fromPlain(inner)]));
  }

  return {
    encode: (message) => JSON.stringify(toPlain(message, [])),
    decode: (text) => fromPlain(JSON.parse(text)),
  };
}
