import { ControlError } from '../core/controlError';

type Body = Record<string, unknown>;

/** A number, 0 or more. */
export function number(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ControlError(`${name} must be a number, 0 or more.`);
  }
  return value;
}

/** A list; empty when it is absent. */
export function list(body: Body, name: string): unknown[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) {
    throw new ControlError(`${name} must be a list.`);
  }
  return value;
}

/** A text that is not empty. */
export function text(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') {
    throw new ControlError(`${name} must be a string.`);
  }
  return value;
}
