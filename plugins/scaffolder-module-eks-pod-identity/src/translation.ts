import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** Every text of the form fields that does not come from a template. */
export const formFieldsTranslationRef = createTranslationRef({
  id: 'scaffolder.eks-pod-identity',
  messages: {
    picker: {
      loading: 'Loading…',
      open: 'Show choices',
      close: 'Hide choices',
      clear: 'Clear',
      none: 'Nothing matches.',
      meant: 'Did you mean “{{meant}}”?',
      retry: 'Try again',
      typed: 'The list could not be loaded. Type the name instead. {{reason}}',
      typedArn:
        'The list could not be loaded. Type the ARN of each policy instead. {{reason}}',
    },
    cluster: {
      title: 'Cluster',
      refused: 'You are not allowed to set up an AWS identity here',
      unknown: 'There is no cluster “{{value}}” that you may see.',
      stale: 'Last read {{when}}: {{reason}}',
      empty:
        'There is no cluster that you may see. Ask the platform team for access.',
    },
    namespace: {
      title: 'Namespace',
      chooseCluster: 'Choose a cluster to see its namespaces.',
      unknown:
        '“{{value}}” is not among the namespaces that you may use on this cluster. Check the spelling, or continue if you are sure that it is correct.',
      empty: 'There is no namespace that you may use on this cluster.',
      malformed:
        'A namespace must have a valid Kubernetes name: at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit',
    },
    serviceAccount: {
      title: 'Service account',
      usedBy_one: 'used by {{workload}} · {{count}} pod',
      usedBy_other: 'used by {{workload}} · {{count}} pods',
      hasIdentity: 'already has an identity',
      shared: 'shared by all pods that name none',
      missing: 'does not exist yet',
      chooseNamespace:
        'Choose a cluster and a namespace to see the service accounts.',
      unknown:
        'There is no service account “{{value}}” in {{namespace}} that you may use. You can use a new one.',
      malformed:
        'A service account must have a valid Kubernetes name: at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
    },
    role: {
      title: 'Role',
      tag: 'tagged for this component',
      guardrail: 'opened by the platform team',
      untrusting:
        'Its trust policy does not let this service account in. Ask the owner of the role.',
      none: 'No existing role may be used for this component. Create a role, or ask the owner of one to add the tag backstage.io/entity-ref.',
      incomplete:
        'Not all roles are listed here. You can type the ARN of another one.',
      chooseTarget:
        'Choose a component, a cluster, a namespace and a service account to see the roles.',
    },
    policy: {
      title: 'Permissions',
      notChosen:
        '“{{text}}” is not selected: type the full ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, or choose one from the list.',
      notChosenWithoutList:
        '“{{text}}” is not selected: type the full ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess.',
      malformed:
        '“{{value}}” must be an IAM policy ARN such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      tooMany: 'At most {{maximum}} policies are possible',
    },
    plan: {
      title: 'What will happen',
      incomplete:
        'Fill in the cluster, the namespace and the service account to see what will happen.',
      invalid: 'No preview yet: {{reason}}',
      loading: 'Reading from AWS and the cluster…',
      failed: 'No preview is possible. {{reason}}',
      nothing: 'Nothing will change: everything is already in place.',
      refused: 'This run would be refused and would change nothing.',
      create_one: '{{count}} to create',
      create_other: '{{count}} to create',
      update_one: '{{count}} to change',
      update_other: '{{count}} to change',
      delete_one: '{{count}} to remove',
      delete_other: '{{count}} to remove',
      keep_one: '{{count}} stays as it is',
      keep_other: '{{count}} stay as they are',
      again: 'Refresh',
      promise: 'Nothing has been changed yet.',
      openConsole: 'Open {{name}} in the AWS console',
      workloads: 'Workloads that lose access',
      usedBy: '{{workload}} ({{pods}})',
      stillUsed_one: '{{workloads}} still uses it and would lose AWS access.',
      stillUsed_other: '{{workloads}} still use it and would lose AWS access.',
      stopFirst_one: 'Stop it first.',
      stopFirst_other: 'Stop them first.',
      stopOrForce_one: 'Stop it first, or tick “{{box}}”.',
      stopOrForce_other: 'Stop them first, or tick “{{box}}”.',
      keepAssociation:
        'Use the association {{association}} with its role {{role}}, as they are. The portal changes neither; it tests that pods receive the role.',
      replaceRole:
        'Replace the role of the association {{association}}. Pods that run keep the former role for up to six hours.',
      createServiceAccount:
        'Create the service account {{name}} all the same. Tools such as Helm can refuse to replace one that they did not make.',
      refusedShort:
        'This run would be refused. Change what the preview names, or ask the platform team.',
      pods_one: '{{count}} running pod',
      pods_other: '{{count}} running pods',
      unset: 'not set',
      details: 'Details',
    },
    change: {
      create: 'Create',
      update: 'Change',
      replace: 'Replace',
      delete: 'Remove',
      keep: 'Keep',
      conflict: 'Refused',
      attach: 'Attach',
      detach: 'Detach',
      wait: 'Then wait until',
      restart: 'Then restart',
    },
    resource: {
      cluster: 'cluster',
      agent: 'Pod Identity agent',
      role: 'IAM role',
      'trust-statement': 'trust statement of the role',
      'managed-policy': 'managed policy',
      'inline-policy': 'inline policy',
      'permissions-boundary': 'permissions boundary',
      'role-tags': 'tags of the role',
      association: 'association',
      namespace: 'namespace',
      'service-account': 'service account',
      'probe-pod': 'probe pod',
      workload: 'workload',
      gate: 'wait',
    },
    problem: {
      signedOut: 'You are signed out. Sign in again.',
      missingBackend:
        'The AWS identity backend is not installed in this portal.',
      unreachable: 'The portal’s backend did not answer.',
      otherVersion:
        'The answer of the portal’s backend could not be read; its version might not match this form.',
    },
  },
});
