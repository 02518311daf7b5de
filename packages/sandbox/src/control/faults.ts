import {
  FaultKind,
  FaultState,
  SeededFaults,
  TokenRate,
} from '../core/contract';
import { FAULT_KINDS, Faults } from '../core/faults';
import { number, text } from './read';
import { ControlError } from '../core/controlError';

type Body = Record<string, unknown>;

function kindOf(value: unknown): FaultKind {
  if (!FAULT_KINDS.includes(value as FaultKind)) {
    throw new ControlError(
      `Unknown fault ${value}. The faults are ${FAULT_KINDS.join(', ')}.`,
    );
  }
  return value as FaultKind;
}

function objectOf(value: unknown, what: string): Body {
  if (typeof value !== 'object' || value === null) {
    throw new ControlError(`${what}.`);
  }
  return value as Body;
}

function ratesOf(value: unknown): SeededFaults['rates'] {
  const given = objectOf(value, 'rates must be an object of kind and share');
  return Object.fromEntries(
    Object.keys(given).map(name => [kindOf(name), number(given, name)]),
  );
}

function beyondOf(value: unknown): TokenRate {
  const given = objectOf(
    value,
    'beyond must be an object of perSecond and burst',
  );
  return {
    perSecond: number(given, 'perSecond'),
    burst: number(given, 'burst'),
  };
}

const ifGiven = (body: Body, name: string) =>
  body[name] === undefined ? {} : { [name]: number(body, name) };

/** Sets what the body has: a rule, a seed, the skew of the clocks. */
export function setFaults(core: { faults: Faults }, body: Body): FaultState {
  const { faults } = core;
  const rule = body.kind !== undefined && {
    pattern: text(body, 'pattern'),
    kind: kindOf(body.kind),
    ...ifGiven(body, 'after'),
    ...ifGiven(body, 'times'),
    ...(body.beyond !== undefined && { beyond: beyondOf(body.beyond) }),
  };
  const seeded = body.seed !== undefined && {
    seed: number(body, 'seed'),
    rates: ratesOf(body.rates),
    ...(body.pattern !== undefined && { pattern: text(body, 'pattern') }),
  };
  const skewed = typeof body.skewMs === 'number';
  if (!rule && !seeded && !skewed) {
    throw new ControlError('A fault has kind, seed or skewMs.');
  }
  if (rule) {
    faults.add(rule);
  }
  if (seeded) {
    faults.seed(seeded);
  }
  if (skewed) {
    faults.skewMs = body.skewMs as number;
  }
  return faults.state();
}
