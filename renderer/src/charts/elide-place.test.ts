import { expect, it } from 'vitest';
import { elidePlace } from './elide-place.ts';

const upTo = (length: number) => (text: string) => text.length <= length;

it('keeps a place that fits', () => {
  expect(elidePlace('simple.ts:12', upTo(12))).toBe('simple.ts:12');
});

it('shortens the name and keeps the line', () => {
  expect(elidePlace('image-pipeline.ts:115', upTo(15))).toBe('image-pipe…:115');
});

it('leaves out folders first, from the left, and the column before the name', () => {
  const place = 'shop/src/cart/index.ts:115:3';
  expect(elidePlace(place, upTo(27))).toBe('…/src/cart/index.ts:115:3');
  expect(elidePlace(place, upTo(17))).toBe('…/index.ts:115:3');
  expect(elidePlace(place, upTo(14))).toBe('index.ts:115:3');
  expect(elidePlace(place, upTo(13))).toBe('index.ts:115');
  expect(elidePlace(`${place} #2`, upTo(11))).toBe('ind…:115 #2');
});

it('keeps the number of one of several at a place', () => {
  expect(elidePlace('image-pipeline.ts:61 #12', upTo(14))).toBe('image…:61 #12');
});

it('puts no dot before its dots', () => {
  expect(elidePlace('image-pipeline.ts:61', upTo(19))).toBe('image-pipeline…:61');
});

it('keeps the line even where nothing else fits', () => {
  expect(elidePlace('image-pipeline.ts:115', upTo(2))).toBe('…:115');
});

it('shortens what has no line at its end', () => {
  expect(elidePlace('other places', upTo(6))).toBe('other…');
});
