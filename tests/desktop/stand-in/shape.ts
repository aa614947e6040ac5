// What a stand-in must look like, from Electron's own types: the names, what each takes, and what it gives as far as that is
// no object of Electron's. A member that Electron renames, or gives another parameter, is an error of types here.

type Value = string | number | boolean | bigint | null | undefined | void;
type Given<Type> = Type extends Value ? Type : Type extends Promise<infer Later> ? Promise<Given<Later>> : unknown;

/** Members of `Shape`, where an object of Electron's may be a stand-in's; what is taken is as Electron's types have it. */
export type Shaped<Shape> = {
  [Name in keyof Shape]: Shape[Name] extends (...words: infer Words) => infer Result
    ? (...words: Words) => Given<Result>
    : Given<Shape[Name]>;
};
