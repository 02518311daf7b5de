import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** Every text of the form fields that no template gives. */
export const formFieldsTranslationRef = createTranslationRef({
  id: 'scaffolder.eks-pod-identity',
  messages: {
    picker: {
      loading: 'Loading…',
      open: 'Show choices',
      close: 'Hide choices',
      clear: 'Clear',
      none: 'Nothing matches.',
      retry: 'Try again',
      typed: 'The list could not be loaded, so type the name. {{reason}}',
      typedArn:
        'The list could not be loaded, so type the ARN of each policy. {{reason}}',
    },
    cluster: {
      title: 'Cluster',
      refused: 'You may not give an AWS identity here',
      unknown: 'The portal shows you no cluster “{{value}}”.',
      stale: 'Last read {{when}}: {{reason}}',
      empty:
        'The portal shows you no cluster. Ask the platform team for access.',
    },
    namespace: {
      title: 'Namespace',
      chooseCluster: 'Choose a cluster to see its namespaces.',
      unknown:
        '“{{value}}” is not among the namespaces of this cluster that you may use. Check the spelling, or go on if you know that it is right.',
      empty: 'There is no namespace here that you may use.',
      malformed:
        'A namespace must be a Kubernetes namespace name: at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit',
    },
    serviceAccount: {
      title: 'Service account',
      chooseNamespace:
        'Choose a cluster and a namespace to see the service accounts.',
      unknown:
        'There is no service account “{{value}}” in {{namespace}} that you may use. It can be a new one.',
      malformed:
        'A service account must be a Kubernetes ServiceAccount name: at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
    },
    policy: {
      title: 'Permissions',
      notChosen:
        '“{{text}}” is not chosen: type the whole ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, or choose one from the list.',
      notChosenWithoutList:
        '“{{text}}” is not chosen: type the whole ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess.',
      malformed:
        '“{{value}}” must be an IAM policy ARN such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      tooMany: 'There can be at most {{maximum}} policies',
    },
    plan: {
      title: 'What will happen',
      incomplete:
        'Fill in the cluster, the namespace and the service account to see what will happen.',
      invalid: 'There is no preview yet: {{reason}}',
      loading: 'Looking at AWS and at the cluster…',
      failed: 'There is no preview. {{reason}}',
      nothing: 'Nothing will change: everything is as it should be.',
      refused: 'This run would be refused, and change nothing.',
      create_one: '{{count}} to create',
      create_other: '{{count}} to create',
      update_one: '{{count}} to change',
      update_other: '{{count}} to change',
      delete_one: '{{count}} to remove',
      delete_other: '{{count}} to remove',
      keep_one: '{{count}} stays as it is',
      keep_other: '{{count}} stay as they are',
      again: 'Look again',
      promise: 'Nothing has been changed yet.',
      openConsole: 'Open {{name}} in the AWS console',
      workloads: 'Workloads that lose access',
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
      keep: 'Stays',
      conflict: 'Refused',
      attach: 'Attach',
      detach: 'Detach',
      wait: 'Then wait until',
    },
    resource: {
      cluster: 'cluster',
      agent: 'Pod Identity agent',
      role: 'IAM role',
      'trust-statement': 'trust of the role',
      'managed-policy': 'managed policy',
      'inline-policy': 'inline policy',
      'permissions-boundary': 'permissions boundary',
      'role-tags': 'tags of the role',
      association: 'association',
      namespace: 'namespace',
      'service-account': 'service account',
      'probe-pod': 'probe pod',
      gate: 'wait',
    },
    problem: {
      signedOut: 'You are signed out. Sign in again.',
      missingBackend:
        'The AWS identity backend is not installed in this portal.',
      unreachable: 'The portal’s backend did not answer.',
      otherVersion:
        'The portal’s backend answered in an unexpected way; it may be of another version than this form.',
    },
  },
});
