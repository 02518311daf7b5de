import { Card, CardBody, Flex, Text } from '@backstage/ui';
import {
  capitalised,
  type EntityAccess,
  type Identity,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { useVerification } from '../../hooks/useVerification';
import { useTexts } from '../../hooks/useTexts';
import { AccessFacts } from '../AccessParts/AccessFacts';
import { isClaim, shownStatus } from '../headline';
import { VerificationFooter } from '../IdentityCard/IdentityFooter';
import { IdentityMenu } from '../IdentityCard/IdentityMenu';
import { MovePlanView } from '../MovePlan';
import { isMove, Moving } from '../Moving';
import { BrokenOff, useProofLine, useSentence } from '../OpenChange';
import { edgesOf, PathPicture } from '../PathPicture';
import { RolePermissions } from '../RolePermissions';
import { StatusBadge, StatusLegend } from '../StatusBadge';
import { relativeTime } from '../when';
import styles from './Tab.module.css';

/** Its pods run in other node groups, too, where a pod of this run could have proven more. */
const hasOtherGroups = (report: VerificationReport | undefined) =>
  report?.checks.some(({ counts }) => counts?.groups);

/** One identity: its status, headline and the picture of its path, with names and links. */
export function Overview({
  identity,
  access,
  entityRef,
  dependsOn,
  verification,
  report,
  onChanged,
}: {
  identity: Identity;
  access?: EntityAccess;
  entityRef?: string;
  /** Resources that the component depends on, by the catalog. */
  dependsOn?: string[];
  verification: ReturnType<typeof useVerification>;
  /** The report on display. */
  report?: VerificationReport;
  onChanged: () => void;
}) {
  const { t } = useTexts();
  const { provenAt, lookedAt } = identity;
  const proofLine = useProofLine(identity);
  const sentence = useSentence(identity);
  const isInPicture =
    !proofLine &&
    !identity.verifying &&
    edgesOf(identity.path).some(
      ({ message }) => message && capitalised(message) === sentence,
    );
  const times = [
    lookedAt && (
      <time
        key="looked"
        dateTime={lookedAt}
        title={new Date(lookedAt).toLocaleString()}
      >
        {t('tab.lookedAt', { when: relativeTime(lookedAt) })}
      </time>
    ),
    provenAt && !proofLine && (
      <time
        key="proven"
        dateTime={provenAt}
        title={new Date(provenAt).toLocaleString()}
      >
        {t('card.provenAt', { when: relativeTime(provenAt) })}
      </time>
    ),
  ].filter(Boolean);
  return (
    <Card>
      <CardBody>
        <div className={styles.overview}>
          <div className={styles.header}>
            <span className={styles.status}>
              <StatusBadge
                status={shownStatus(identity)}
                notes={identity.notes}
              />
            </span>
            <Flex align="center" gap="2">
              {times.length > 0 && (
                <Text variant="body-small" color="secondary">
                  {times[0]}
                  {times.length > 1 && ' · '}
                  {times[1]}
                </Text>
              )}
              <IdentityMenu identity={identity} entityRef={entityRef} />
            </Flex>
          </div>
          {!isInPicture && (
            <Text as="p" variant="body-large" className={styles.sentence}>
              {proofLine ? (
                <span title={proofLine.title}>{proofLine.text}</span>
              ) : (
                sentence
              )}
            </Text>
          )}
          {access && !isMove(identity) && (
            <AccessFacts
              row={access}
              showRoad={identity.status !== 'uses-irsa'}
            />
          )}
          <Moving
            identity={identity}
            entityRef={entityRef}
            onChanged={onChanged}
          />
          {access && (
            <MovePlanView
              row={access}
              entityRef={entityRef}
              isShort
              isMoving={isMove(identity)}
            />
          )}
          <BrokenOff identity={identity} entityRef={entityRef} />
          {isClaim(identity) && (
            <Text as="p" variant="body-small" color="secondary">
              {t('card.claimed')} {t('card.claimedWhy')}
            </Text>
          )}
          {identity.stale && (
            <Text as="p" variant="body-small" className={styles.stale}>
              {t('problem.stale', {
                when: relativeTime(identity.stale.since),
                reason: identity.stale.reason,
              })}
            </Text>
          )}
          {identity.path.length > 0 && (
            <PathPicture identity={identity} dependsOn={dependsOn} />
          )}
          {identity.association && identity.can.verify && (
            <RolePermissions of={identity.ref} />
          )}
          <StatusLegend />
          <VerificationFooter
            identity={identity}
            verification={verification}
            offers={{ timeline: true, perNodeGroup: hasOtherGroups(report) }}
          />
        </div>
      </CardBody>
    </Card>
  );
}
