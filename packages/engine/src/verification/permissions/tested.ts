import {
  headingAnchor,
  type PermissionCheck,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type AnyCheck,
  type CheckInput,
  defineCheck,
  fail,
  pass,
  unknown,
} from '../framework/check';
import { bash } from '../../text/bash';
import { nameOfArn } from '../../aws/arn';
import type { RolePolicies } from '../../aws/role';
import { valueOf } from '../framework/fact';
import { lackOutcome } from '../access/lackOutcome';
import type { ExpectedFact } from '../framework/facts/association';
import type { ActingRole } from './actingRole';
import { deniedFix } from './denied';
import { readPermissionAnswer } from './permissionErrors';

/** Metadata shared by all permission checks, for documentation. */
export const PERMISSIONS_INFO = {
  id: 'permissions.*',
  category: 'permissions',
  title: 'The pod may do what it needs',
  question: 'Does this read-only AWS command succeed with the pod’s identity?',
  neededBy: ['pod'],
} as const;

/** The role that the pod has: the target role, if there is one. */
export function actingRole({
  association: linked,
  role,
  targetRole,
  rolePolicies,
  expected,
}: CheckInput<
  never,
  'association' | 'role' | 'targetRole' | 'rolePolicies' | 'expected'
>): ActingRole | undefined {
  const association = valueOf(linked);
  if (!association) return undefined;
  const target = valueOf(targetRole);
  return target
    ? {
        arn: target.arn,
        role: valueOf(target.role) ?? undefined,
        inline: [],
        lost: [],
        association,
      }
    : {
        arn: association.roleArn,
        role: valueOf(role) ?? undefined,
        inline: valueOf(rolePolicies)?.inline ?? [],
        lost: lostPolicies(valueOf(expected), valueOf(rolePolicies)),
        association,
      };
}

/** Policies that the last associate gave the role and that it has no more. */
function lostPolicies(
  expected: ExpectedFact | undefined,
  policies: RolePolicies | undefined,
): string[] {
  if (!policies) return [];
  const { policies: managed = [], inline = [] } = expected ?? {};
  return [
    ...managed.filter(arn => !policies.attached.includes(arn)).map(nameOfArn),
    ...inline.filter(name => !policies.inline.includes(name)),
  ];
}

/** The check of one requested command. */
export function permissionCheckFor(
  { name, command }: PermissionCheck,
  asked = true,
): AnyCheck {
  // As a person can paste it behind `aws`
  const tested = bash`${command}`.text;
  const text = `aws ${tested}`;
  const check = defineCheck({
    ...PERMISSIONS_INFO,
    id: `permissions.${name}`,
    title: `The pod may run ${text}`,
    dependsOn: ['credentials.identity'],
    needs: ['podRun'],
    uses: [
      'mayTest',
      'rulings',
      'association',
      'role',
      'targetRole',
      'rolePolicies',
      'expected',
    ],
    about: { resource: { kind: 'command', name: text }, tested },
    evaluate({ podRun, mayTest, rulings, ...identity }, context) {
      const line = podRun.permissions[name];
      if (!line) {
        if (!mayTest.known) return lackOutcome(mayTest.lack, context.cluster);
        return unknown(`The probe did not get as far as "${text}".`);
      }
      const reading = readPermissionAnswer(line);
      switch (reading.kind) {
        case 'allowed':
          return pass(`"${text}" succeeded in the pod.`);
        case 'denied':
          return fail(
            `"${text}" was denied: ${
              reading.layer
                ? `${reading.explicit ? 'an explicit deny in the ' : 'no '}${
                    reading.layer
                  }${reading.explicit ? '' : ' allows it'}`
                : 'the message does not say by which policy'
            }.`,
            {
              observed: reading.text,
              fix: deniedFix(
                reading,
                valueOf(rulings) ?? [],
                actingRole(identity),
                context,
              ),
            },
          );
        case 'missing':
          return fail(
            `"${text}" failed because what it names does not exist.`,
            {
              observed: reading.text,
              fix: {
                cause:
                  'The identity is right; the resource is not there, or not in this region or account.',
                actions: ['Correct the name in the permission check.'],
              },
            },
          );
        case 'refused':
          return fail(`"${text}" was refused: ${reading.text}`, {
            observed: reading.text,
            fix: {
              cause: 'AWS answered with an error that is no denial.',
              actions: ['Correct the command of the permission check.'],
            },
          });
        default:
          return unknown(
            `"${text}" got no answer from AWS that says anything about permissions.`,
            {
              observed: reading.text,
              fix: {
                cause:
                  'The command is not complete, or the pod cannot reach that service.',
                actions: [
                  'Check the command, and whether the subnet reaches that service.',
                ],
              },
            },
          );
      }
    },
  });
  // One section of the documentation covers all of them.
  return { ...check, asked, anchor: headingAnchor(PERMISSIONS_INFO.id) };
}
