import { z } from 'zod/v3';
import type { Marked } from './disclosure';

/** A schema for each field of `T`: one that is forgotten, or optional on one side alone, does not compile. @public */
export type ShapeOf<T> = {
  [Name in keyof T]-?: undefined extends T[Name]
    ? z.ZodOptional<FieldOf<Exclude<T[Name], undefined>>> | Clearable<T[Name]>
    : FieldOf<T[Name]>;
};

/** A field that has fields itself is held to them as well; the cases of a union are held to theirs where they stand. @public */
export type FieldOf<T> = [T] extends [Array<infer Item>]
  ? (z.ZodType<T> & { _def: { type: FieldOf<Item> } }) | Marked<T>
  : [T] extends [object]
  ? true extends IsUnion<T> | (string extends keyof T ? true : false)
    ? z.ZodType<T>
    : z.ZodType<T> & { _def: { shape(): ShapeOf<T> } }
  : z.ZodType<T>;

/** Of an input: absent, or an empty text, which clears what was set before. */
type Clearable<T> = z.ZodType<T> & { options: readonly z.ZodTypeAny[] };

type IsUnion<T, Whole = T> = T extends unknown
  ? [Whole] extends [T]
    ? false
    : true
  : never;

/** A schema of exactly the fields of `T`. @public */
export type ObjectSchema<T> = z.ZodObject<
  ShapeOf<T>,
  'strip',
  z.ZodTypeAny,
  T,
  T
>;

/** A schema of the interface that it is called with, whose fields the compiler compares. */
export function object<T>(shape: ShapeOf<T>): ObjectSchema<T> {
  return z.object(shape) as unknown as ObjectSchema<T>;
}

/** A part of a query, which comes as text and is read as something else. */
export function fromText<T>(
  schema: z.ZodType<T, z.ZodTypeDef, unknown>,
): z.ZodType<T> {
  return schema as z.ZodType<T>;
}
