import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { PickerOption } from './types';

/** The refused policy of the list whose name or ARN was typed. */
export const refusedOf = (
  typed: string,
  options: PickerOption[],
): PickerOption | undefined =>
  options.find(
    ({ label, value, refusal }) =>
      refusal && (label === typed || value === typed),
  );

/** The policy that a typed text means: an ARN, or the name of exactly one policy on the list. */
export function policyOf(
  typed: string,
  options: PickerOption[],
): string | undefined {
  if (refusedOf(typed, options)) return undefined;
  if (isPolicyArn(typed)) return typed;
  const named = options.filter(({ label }) => label === typed);
  // Two policies with different paths can have the same name
  return named.length === 1 ? named[0].value : undefined;
}

function isPolicyArn(text: string): boolean {
  return associateInputShape.managedPolicyArns.safeParse([text]).success;
}
