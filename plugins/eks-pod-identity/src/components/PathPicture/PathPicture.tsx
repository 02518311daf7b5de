import { Text } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type CredentialHop,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { Fragment, type CSSProperties } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { pathInTest } from '../headline';
import { Sentence } from '../Sentence';
import { CheckIcon } from '../StatusBadge';
import { edgesOf, type Edge } from './edgesOf';
import { nameOf, PathNode } from './PathNode';
import styles from './PathPicture.module.css';

/** Where an edge of the picture is, for its style sheet. */
const placed = (index: number, count: number) =>
  ({ '--edge': index, '--nodes': count } as CSSProperties);

const roleArnOf = (
  id: CredentialHop['id'],
  { association }: Identity,
): string | undefined =>
  ({ role: association?.roleArn, 'target-role': association?.targetRoleArn }[
    id as string
  ]);

/** What a person copies of a hop, to go on in a terminal. */
function textToCopy(
  { id, names }: CredentialHop,
  identity: Identity,
): string | undefined {
  const { ref, association } = identity;
  switch (id) {
    case 'pods':
      return `kubectl get pods --namespace ${ref.namespace} --field-selector spec.serviceAccountName=${ref.serviceAccount}`;
    case 'service-account':
      return stringifyServiceAccountRef(ref);
    case 'association':
      return association?.id;
    case 'permissions':
      return names?.map(command => `aws ${command}`).join('\n');
    default:
      return roleArnOf(id, identity);
  }
}

/** The hop as the picture names it; the cluster is said once, where the way begins. */
function named(
  hop: CredentialHop,
  { clusterTitle, ref }: Identity,
): CredentialHop {
  switch (hop.id) {
    case 'pods':
      return { ...hop, name: clusterTitle };
    case 'service-account':
      return { ...hop, name: `${ref.namespace}/${ref.serviceAccount}` };
    default:
      return hop.detail === clusterTitle ? { ...hop, detail: '' } : hop;
  }
}

/** What is wrong with the way to the next node. */
function Fault({
  edge: { status, message },
  between,
  index,
  count,
  isFirst,
}: {
  edge: Edge;
  between: [CredentialHop['id'], CredentialHop['id']];
  index: number;
  count: number;
  isFirst: boolean;
}) {
  const { t } = useTexts();
  if (!message) return null;
  return (
    <li
      className={styles.fault}
      data-status={status}
      data-first={isFirst || undefined}
      style={placed(index, count)}
    >
      <Text as="p" variant="body-medium">
        <CheckIcon status={status} />{' '}
        <span className={styles.edgeName}>
          {between.map(id => t(nameOf(id))).join(' → ')}
        </span>{' '}
        <Sentence>{message}</Sentence>
      </Text>
    </li>
  );
}

/**
 * The way of the credentials as a picture, from the pods to what they may use: a list, whose edges are drawn. An edge that
 * is broken has its sentence. From left to right where there is room, else top to bottom.
 */
export function PathPicture({
  identity,
  dependsOn = [],
}: {
  identity: Identity;
  /** Resources of the catalog that the component depends on. */
  dependsOn?: string[];
}) {
  const { t } = useTexts();
  const path = (
    identity.verifying ? pathInTest(identity.path) : identity.path
  ).map(hop => named(hop, identity));
  const edges = edgesOf(path);
  const first = edges.findIndex(({ message }) => message !== undefined);
  return (
    <div className={styles.container}>
      <ol
        className={styles.picture}
        aria-label={t('hop.pathLabel')}
        style={placed(0, path.length)}
      >
        {path.map((hop, index) => (
          <Fragment key={hop.id}>
            {index > 0 && (
              <Fault
                edge={edges[index]}
                between={[path[index - 1].id, hop.id]}
                index={index}
                count={path.length}
                isFirst={index === first}
              />
            )}
            <PathNode
              hop={hop}
              edge={index > 0 ? edges[index].status : undefined}
              copies={textToCopy(hop, identity)}
              owner={
                hop.id === 'association'
                  ? identity.association?.owner
                  : undefined
              }
              arn={roleArnOf(hop.id, identity)}
              entityRefs={hop.id === 'permissions' ? dependsOn : []}
            />
          </Fragment>
        ))}
      </ol>
    </div>
  );
}
