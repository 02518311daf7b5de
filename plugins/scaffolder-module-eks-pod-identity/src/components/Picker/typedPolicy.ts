import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { PickerOption } from './types';

/** The policy that a typed text means: an ARN means itself, a name the one policy on the list that has it. */
export function policyOf(
  typed: string,
  options: PickerOption[],
): string | undefined {
  if (isPolicyArn(typed)) return typed;
  const named = options.filter(({ label }) => label === typed);
  // Two policies with different paths can have the same name
  return named.length === 1 && !named[0].refusal ? named[0].value : undefined;
}

function isPolicyArn(text: string): boolean {
  return associateInputShape.managedPolicyArns.safeParse([text]).success;
}
