import { Card, CardBody, Text } from '@backstage/ui';
import type {
  ServiceAccountRef,
  UseOfIdentity,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import styles from './Use.module.css';
import { serviceName, useLineOf } from './useLineOf';
import { useUse } from './useUse';

function When({ at }: { at: string }) {
  return (
    <span className={styles.when} title={new Date(at).toLocaleString()}>
      {relativeTime(at)}
    </span>
  );
}

function Block({ title, items }: { title: string; items: ReactNode[] }) {
  if (items.length === 0) return null;
  return (
    <div className={styles.block}>
      <Text as="h3" variant="body-medium" weight="bold">
        {title}
      </Text>
      <ul className={styles.list}>
        {items.map((item, index) => (
          <li key={index}>{item}</li>
        ))}
      </ul>
    </div>
  );
}

const sdkOf = ({ sdk, version }: { sdk?: string; version?: string }) =>
  [sdk, version].filter(Boolean).join(' ');

/** What was read, from the whole to the parts. */
function Details({ use }: { use: UseOfIdentity }) {
  const { t } = useTexts();
  const count = (n: number) => t('use.times', { count: n });
  return (
    <>
      <Block
        title={t('use.pods')}
        items={use.pods.map(pod => (
          <>
            {pod.name} · {count(pod.sessions)} · <When at={pod.lastAt} />
          </>
        ))}
      />
      <Block
        title={t('use.calls')}
        items={use.uses.map(call => (
          <>
            {serviceName(call.service)}: {call.operations.join(', ')}
            {sdkOf(call) && ` · ${sdkOf(call)}`}
            {call.source && ` · ${t(`use.source.${call.source}`)}`} ·{' '}
            {count(call.count)} · <When at={call.lastAt} />
          </>
        ))}
      />
      <Block
        title={t('use.refusals')}
        items={use.denied.map(denied => (
          <>
            <span className={styles.denied}>
              {serviceName(denied.service)} {denied.operation}
            </span>{' '}
            · {count(denied.count)} · <When at={denied.lastAt} />
            <br />
            {denied.message}
          </>
        ))}
      />
      <Block
        title={t('use.others')}
        items={use.others.map(other => (
          <>
            {other.name ?? t(`use.unnamed.${other.kind}`)}
            {other.own && ` · ${t('use.ownIrsa')}`}
            {sdkOf(other) && ` · ${sdkOf(other)}`} · {count(other.count)} ·{' '}
            <When at={other.lastAt} />
          </>
        ))}
      />
      <Block
        title={t('use.staticKeys')}
        items={use.staticKeys.map(key => (
          <>
            {key.keyId} · {serviceName(key.service)} · {count(key.count)} ·{' '}
            <When at={key.lastAt} />
          </>
        ))}
      />
      <Block
        title={t('use.nodes')}
        items={use.nodes.map(node => (
          <>
            {node.instanceId} · {sdkOf(node)} · {serviceName(node.service)} ·{' '}
            {count(node.count)} · <When at={node.lastAt} />
          </>
        ))}
      />
    </>
  );
}

const READ_UP_TO = ['events', 'sessions', 'calls'] as const;

/** Whether the application itself used the identity, and with what. */
export function UseSection({ of: ref }: { of: ServiceAccountRef }) {
  const { t } = useTexts();
  const lineOf = useLineOf();
  const { use, problem } = useUse(ref);
  if (!use && !problem) return null;
  const ownIrsa = use?.others.find(({ own }) => own);
  const line =
    use &&
    {
      off: () => t('use.gain'),
      denied: () => `${t('use.denied')} ${use.reason ?? ''}`,
      unread: () => use.reason ?? t('use.unread'),
      read: () =>
        lineOf({
          ...use,
          state: 'read',
          pod: use.pods[0] && {
            name: use.pods[0].name,
            at: use.pods[0].lastAt,
          },
          sdk: use.uses.find(({ sdk }) => sdk)?.sdk,
          version: use.uses.find(({ sdk }) => sdk)?.version,
          services: [...new Set(use.uses.map(({ service }) => service))],
        }) ??
        (ownIrsa
          ? t('use.byIrsa', { when: relativeTime(ownIrsa.lastAt) })
          : t('use.notSeen')),
    }[use.state]();
  return (
    <Card>
      <CardBody>
        <section
          className={styles.section}
          aria-labelledby="eks-pod-identity-use"
        >
          <div className={styles.block}>
            <Text
              as="h2"
              id="eks-pod-identity-use"
              variant="title-x-small"
              weight="bold"
            >
              {t('use.title')}
            </Text>
            <Text as="p" role="status" variant="body-medium">
              {problem ?? line}
              {use?.refreshing &&
                use.state !== 'denied' &&
                ` ${t('use.refreshing')}`}
            </Text>
            {use?.state === 'read' && (
              <Text as="p" variant="body-small" color="secondary">
                {[
                  use.lastUsedAt &&
                    t('use.lastUsed', { when: relativeTime(use.lastUsedAt) }),
                  use.readUntil &&
                    t('use.readUntil', { when: relativeTime(use.readUntil) }),
                  use.cut.length > 0 && t('use.cut'),
                  ...READ_UP_TO.map(what => {
                    const most = use.readUpTo?.[what];
                    return most && t(`use.readUpTo.${what}`, { count: most });
                  }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
            )}
          </div>
          {use && <Details use={use} />}
        </section>
      </CardBody>
    </Card>
  );
}
