// Reads what the page has stored in the browser. Anybody at this origin may have written it. Used by the stores.

import * as v from 'valibot';
import { parseJson, parseOrThrow } from '../../../engine/protocol/parse.ts';

/** More than a browser stores for an origin. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
const StoredObject = v.looseObject({});

/**
 * @param schema with a fallback for each of its fields: what is missing or wrong becomes the default, one by one
 * @throws ParseError if a field has no fallback
 */
export function parseStored<Schema extends v.GenericSchema>(schema: Schema, stored: string): v.InferOutput<Schema> {
  const parsed = parseJson(StoredObject, stored, { mostCharacters: MOST_CHARACTERS });
  return parseOrThrow(schema, parsed.success ? parsed.output : {});
}
