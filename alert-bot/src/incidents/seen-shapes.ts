/** A real stack has some hundred; the bound keeps alerts that are made up from filling the memory. */
const maxShapes = 4_096;

interface Shape {
  next?: Map<string, Shape>;
}

/**
 * Knows which names followed which in the objects that it was shown. V8 keeps such a tree of its own: objects with the same names
 * in the same order share them, and the first one with new names pays for them.
 */
export class SeenShapes {
  readonly #root: Shape = {};
  #count = 0;

  /** How many names the object has that no object before it had at this place. */
  newNamesIn(texts: Readonly<Record<string, string>>): number {
    let shape: Shape | undefined = this.#root;
    let count = 0;
    for (const name in texts) {
      const next: Shape | undefined = shape?.next?.get(name);
      if (!next) count += 1;
      shape = next ?? this.#remember(shape, name);
    }
    return count;
  }

  #remember(shape: Shape | undefined, name: string): Shape | undefined {
    if (!shape || this.#count === maxShapes) return undefined;
    this.#count += 1;
    const next: Shape = {};
    shape.next ??= new Map();
    shape.next.set(name, next);
    return next;
  }
}
