import { GROUPS } from '../../clusters/portalRoles';
import {
  type AdmissionPolicy,
  celText,
  ownPolicy,
} from '../../kubernetes/admissionPolicies';
import { RESTARTED_AT, WORKLOAD_RESOURCES } from '../../kubernetes/workloads';

/** That two maps are equal, both ways, but for some keys. */
const sameBut = (now: string, before: string, changing: string[]) => {
  const own = changing.map(key => `key == ${celText(key)} || `).join('');
  return `${now}.all(key, ${own}key in ${before} && ${now}[key] == ${before}[key]) && ${before}.all(key, ${own}key in ${now})`;
};

/** Written by Kubernetes itself with each change. */
const OF_EVERY_WRITE = ['generation', 'managedFields', 'resourceVersion'];

/** What Kubernetes counts changes of the template in, for clients of a DaemonSet of before apps/v1. */
const COUNTED: Partial<Record<string, string>> = {
  DaemonSet: 'deprecated.daemonset.template.generation',
};

/**
 * Let the group of those who write change the annotation by which a workload is restarted, and nothing else of it. One
 * for each kind: where one is about several, Kubernetes takes a field that one kind lacks for an error in all.
 */
export const restartPolicies = (): AdmissionPolicy[] =>
  Object.entries(WORKLOAD_RESOURCES).map(([kind, resource]) =>
    ownPolicy({
      name: `restart-only-${resource}`,
      kubernetesGroup: GROUPS.write,
      apiGroup: 'apps',
      resource,
      operation: 'UPDATE',
      // The dry run before a restart finds out whether it will be refused.
      freeDryRuns: false,
      // dyn(), because Kubernetes does not go through the fields of an object whose type it knows.
      variables: {
        metadata: 'dyn(object.metadata)',
        metadataBefore: 'dyn(oldObject.metadata)',
        spec: 'dyn(object.spec)',
        specBefore: 'dyn(oldObject.spec)',
        template: 'variables.spec.template',
        templateBefore: 'variables.specBefore.template',
        ownAnnotations: 'variables.metadata.?annotations.orValue({})',
        ownAnnotationsBefore:
          'variables.metadataBefore.?annotations.orValue({})',
        podMetadata: 'variables.template.?metadata.orValue({})',
        podMetadataBefore: 'variables.templateBefore.?metadata.orValue({})',
        annotations: 'variables.podMetadata.?annotations.orValue({})',
        annotationsBefore:
          'variables.podMetadataBefore.?annotations.orValue({})',
      },
      validations: [
        {
          what: 'its metadata',
          expression: sameBut(
            'variables.metadata',
            'variables.metadataBefore',
            [...OF_EVERY_WRITE, 'annotations'],
          ),
        },
        {
          what: 'its annotations',
          expression: sameBut(
            'variables.ownAnnotations',
            'variables.ownAnnotationsBefore',
            [COUNTED[kind] ?? []].flat(),
          ),
        },
        {
          what: 'its spec beside the template',
          expression: sameBut('variables.spec', 'variables.specBefore', [
            'template',
          ]),
        },
        {
          what: 'what its pods are',
          expression: sameBut(
            'variables.template',
            'variables.templateBefore',
            ['metadata'],
          ),
        },
        {
          what: 'the metadata of its pods',
          expression: sameBut(
            'variables.podMetadata',
            'variables.podMetadataBefore',
            ['annotations'],
          ),
        },
        {
          what: 'another annotation of its pods',
          expression: sameBut(
            'variables.annotations',
            'variables.annotationsBefore',
            [RESTARTED_AT],
          ),
        },
        {
          what: 'that annotation to something else than a time',
          expression: `variables.annotations[?${celText(
            RESTARTED_AT,
          )}].orValue('').matches('^[0-9T:.+Z-]{20,35}$')`,
        },
      ].map(({ what, expression }) => ({
        expression,
        message: `The group ${GROUPS.write} may restart a ${kind} by the annotation ${RESTARTED_AT}, and change nothing else. This changes ${what}.`,
      })),
    }),
  );
