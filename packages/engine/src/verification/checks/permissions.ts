import type {
  CheckFix,
  PermissionCheck,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type AnyCheck,
  anchorOf,
  defineCheck,
  fail,
  pass,
  unknown,
} from '../check';
import {
  type PermissionReading,
  readPermissionAnswer,
} from '../probe/permissionErrors';

/** Advice by the layer that denied the command. */
const ACTIONS: Record<string, string> = {
  'identity policy':
    'Attach a policy that allows it to the role, through "Give a component an AWS identity" or by hand.',
  'resource policy':
    'Let the owner of the resource allow the role in its policy (bucket, key, queue or topic).',
  'permissions boundary':
    "Let the owner of the role's permissions boundary allow it; a policy on the role alone does not help.",
  'session policy':
    'Change the session policy of the association; a policy on the role alone does not help.',
  'service control policy':
    'Ask the owners of the AWS organization: a service control policy forbids it, whatever the role allows.',
  'resource control policy':
    'Ask the owners of the AWS organization: a resource control policy forbids it, whatever the role allows.',
  'VPC endpoint policy':
    'Let the owner of the VPC endpoint allow it in the policy of the endpoint.',
};

function fixFor(reading: PermissionReading): CheckFix {
  const { layer, explicit, action, resource } = reading;
  const said = layer
    ? `AWS names the layer: ${
        explicit
          ? `a statement of the ${layer} denies it`
          : `no ${layer} allows it`
      }.`
    : 'The message does not say which policy is in the way.';
  return {
    cause: said,
    actions: [
      layer
        ? ACTIONS[layer]
        : 'Compare the policies of the role, its boundary and the policy of the resource.',
    ],
    ...(action && (!layer || layer === 'identity policy') && !explicit
      ? {
          snippet: {
            language: 'json',
            text: JSON.stringify(
              {
                Effect: 'Allow',
                Action: action,
                Resource: resource ?? '*',
              },
              null,
              2,
            ),
          },
        }
      : {}),
  };
}

/** `aws s3 ls`, as a user would type it. */
function shown(command: readonly string[]): string {
  return ['aws', ...command]
    .map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`))
    .join(' ');
}

/** Metadata shared by all permission checks, for documentation. */
export const PERMISSIONS_INFO = {
  id: 'permissions.*',
  category: 'permissions',
  title: 'The pod may do what it needs',
  question: 'Does this read-only AWS command succeed with the pod’s identity?',
  neededBy: ['pod'],
} as const;

/** The check of one requested command. */
export function permissionCheckFor({
  name,
  command,
}: PermissionCheck): AnyCheck {
  const check = defineCheck({
    ...PERMISSIONS_INFO,
    id: `permissions.${name}`,
    title: `The pod may run ${shown(command)}`,
    dependsOn: ['credentials.identity'],
    needs: ['podRun'],
    evaluate({ podRun }) {
      const line = podRun.permissions[name];
      const text = shown(command);
      if (!line) {
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
            { observed: reading.text, fix: fixFor(reading) },
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
  return { ...check, anchor: anchorOf(PERMISSIONS_INFO.id) };
}
