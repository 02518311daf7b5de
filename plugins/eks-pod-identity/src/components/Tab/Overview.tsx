import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Card, CardBody, Flex, Link, Text } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type EntityAccess,
  type Identity,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import type { useVerification } from '../../hooks/useVerification';
import { podIdentityTranslationRef } from '../../translation';
import { AccessFacts } from '../AccessParts/AccessFacts';
import { CopyButton } from '../Copy';
import { CredentialPath } from '../CredentialPath';
import { isClaim, pathInTest, shownStatus } from '../headline';
import { VerificationFooter } from '../IdentityCard/IdentityFooter';
import { IdentityMenu } from '../IdentityCard/IdentityMenu';
import { MovePlanView } from '../MovePlan';
import { isMove, Moving } from '../Moving';
import { BrokenOff, useSentence } from '../OpenChange';
import { StatusBadge, StatusLegend } from '../StatusBadge';
import { relativeTime } from '../when';
import styles from './Tab.module.css';

function Fact({
  name,
  value,
  consoleUrl,
  children,
}: {
  name: string;
  value: string;
  consoleUrl?: string;
  children?: ReactNode;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>
        <span className={styles.arn}>{value}</span>
        {consoleUrl && (
          <Link
            href={consoleUrl}
            target="_blank"
            className={styles.factLink}
            aria-label={t('hop.openConsole', { name: value })}
          >
            <RiExternalLinkLine size={16} aria-hidden="true" />
          </Link>
        )}
        <CopyButton
          text={value}
          label={t('tab.copyValue', { name })}
          className={styles.factCopy}
        />
        {children}
      </dd>
    </div>
  );
}

/** Its pods run in other node groups, too, where a pod of this run could have proven more. */
const hasOtherGroups = (report: VerificationReport | undefined) =>
  report?.checks.some(({ counts }) => counts?.groups);

/** One identity: its status, headline, credential path, names and ARNs. */
export function Overview({
  identity,
  access,
  entityRef,
  verification,
  report,
  onChanged,
}: {
  identity: Identity;
  access?: EntityAccess;
  entityRef?: string;
  verification: ReturnType<typeof useVerification>;
  /** The report on display. */
  report?: VerificationReport;
  onChanged: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { association, ref, provenAt, lookedAt } = identity;
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
    provenAt && (
      <time
        key="proven"
        dateTime={provenAt}
        title={new Date(provenAt).toLocaleString()}
      >
        {t('card.provenAt', { when: relativeTime(provenAt) })}
      </time>
    ),
  ].filter(Boolean);
  const testing = identity.verifying !== undefined;
  const sentence = useSentence(identity);
  const consoleUrlOf = (id: string) =>
    identity.path.find(hop => hop.id === id)?.consoleUrl;
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
          <Text as="p" variant="body-large" className={styles.sentence}>
            {sentence}
          </Text>
          {access && (
            <AccessFacts
              row={access}
              showRoad={identity.status !== 'uses-irsa'}
            />
          )}
          {access && (
            <MovePlanView
              row={access}
              entityRef={entityRef}
              isShort
              isMoving={isMove(identity)}
            />
          )}
          <BrokenOff identity={identity} entityRef={entityRef} />
          <Moving
            identity={identity}
            entityRef={entityRef}
            onChanged={onChanged}
          />
          {isClaim(identity) && (
            <Text as="p" variant="body-small" color="secondary">
              {t('card.claimed')}
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
            <CredentialPath
              path={testing ? pathInTest(identity.path) : identity.path}
              showFix={false}
            />
          )}
          <dl className={styles.facts}>
            <Fact
              name={t('hop.service-account')}
              value={stringifyServiceAccountRef(ref)}
            />
            {association && (
              <>
                <Fact
                  name={t('hop.association')}
                  value={association.id}
                  consoleUrl={
                    association.consoleUrl ?? consoleUrlOf('association')
                  }
                >
                  <Text variant="body-small" color="secondary">
                    {t(`managedBy.${association.owner}`)}
                  </Text>
                </Fact>
                <Fact
                  name={t('hop.role')}
                  value={association.roleArn}
                  consoleUrl={consoleUrlOf('role')}
                />
                {association.targetRoleArn && (
                  <Fact
                    name={t('tab.targetRole')}
                    value={association.targetRoleArn}
                  />
                )}
              </>
            )}
          </dl>
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
