// Where on a bar a name can stand without covering anything. No canvas in here; the strip of phases and marks writes it.

export interface Stretch {
  readonly left: number;
  readonly right: number;
}

/** The leftmost place of a text so wide within the room, clear of everything that is taken; undefined: there is none. */
export function freePlace(width: number, room: Stretch, taken: readonly Stretch[]): number | undefined {
  let left = room.left;
  for (const obstacle of taken.toSorted((a, b) => a.left - b.left)) {
    if (left + width <= obstacle.left) break;
    if (obstacle.right > left) left = obstacle.right;
  }
  return left + width <= room.right ? left : undefined;
}
