import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type {
  CheckStatus,
  CredentialHop,
  Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEntityHrefs } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { CopyButton } from '../Copy';
import { CheckIcon } from '../StatusBadge';
import { relativeTime } from '../when';
import styles from './PathPicture.module.css';

/** The key of what a node is called. */
export const nameOf = (id: CredentialHop['id']) =>
  id === 'permissions' ? 'picture.aws' : (`hop.${id}` as const);

/** What the button of a node copies, where it is a command. */
const COPIES: Partial<
  Record<CredentialHop['id'], 'picture.copyCommand' | 'picture.copyTested'>
> = { pods: 'picture.copyCommand', permissions: 'picture.copyTested' };

/** The name of a node, which leads to the AWS console where that has a page of it. */
function NodeName({
  name,
  consoleUrl,
}: Pick<CredentialHop, 'name' | 'consoleUrl'>) {
  const { t } = useTexts();
  if (!name) return null;
  if (!consoleUrl) return <span className={styles.name}>{name}</span>;
  return (
    <Link
      href={consoleUrl}
      target="_blank"
      variant="body-small"
      className={styles.name}
      aria-label={t('hop.openConsole', { name })}
    >
      {name}
      <RiExternalLinkLine size={12} aria-hidden="true" />
    </Link>
  );
}

/** The policies of a role: the only one, or their number, which opens. The console lists them on the page of the role. */
function Policies({
  hop: { names = [], detail, consoleUrl },
}: {
  hop: CredentialHop;
}) {
  const { t } = useTexts();
  if (names.length === 0) return <>{detail}</>;
  return (
    <>
      {names.length === 1 ? (
        <span className={styles.name}>{names[0]}</span>
      ) : (
        <details className={styles.names}>
          <summary>{detail}</summary>
          <ul>
            {names.map(name => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </details>
      )}
      {consoleUrl && (
        <Link
          href={consoleUrl}
          target="_blank"
          variant="body-small"
          className={styles.console}
        >
          {t('picture.openPolicies')}
          <RiExternalLinkLine size={12} aria-hidden="true" />
        </Link>
      )}
    </>
  );
}

/** What the component depends on, by the catalog. */
function CatalogLinks({ refs }: { refs: string[] }) {
  const hrefOf = useEntityHrefs();
  return (
    <>
      {refs.map(ref => {
        const href = hrefOf(ref);
        const name = (
          <EntityDisplayName entityRef={ref} hideIcon disableTooltip />
        );
        return (
          <span key={ref} className={styles.fact}>
            {href ? (
              <Link href={href} variant="body-small">
                {name}
              </Link>
            ) : (
              name
            )}
          </span>
        );
      })}
    </>
  );
}

/** One thing on the way, with what is known of it. */
export function PathNode({
  hop,
  edge,
  copies,
  owner,
  arn,
  entityRefs,
}: {
  hop: CredentialHop;
  /** The state of the way to it; undefined for the first. */
  edge?: CheckStatus;
  /** What its button copies. */
  copies?: string;
  /** Who manages the association. */
  owner?: NonNullable<Identity['association']>['owner'];
  /** Of a role. */
  arn?: string;
  entityRefs: string[];
}) {
  const { t } = useTexts();
  const { id, status, detail, testedAt } = hop;
  const [, , , , account] = arn?.split(':') ?? [];
  const kind = t(nameOf(id));
  return (
    <li
      className={styles.node}
      data-hop={id}
      data-status={status}
      data-edge={edge}
    >
      <span className={styles.kind}>
        <CheckIcon status={status} />
        <span>{kind}</span>
        {copies && (
          <CopyButton
            text={copies}
            label={t(COPIES[id] ?? 'tab.copyValue', { name: kind })}
            className={styles.copy}
          />
        )}
      </span>
      {id === 'policies' ? (
        <span className={styles.fact}>
          <Policies hop={hop} />
        </span>
      ) : (
        <>
          <NodeName name={hop.name} consoleUrl={hop.consoleUrl} />
          {detail && <span className={styles.fact}>{detail}</span>}
        </>
      )}
      {testedAt && (
        <span
          className={styles.fact}
          title={new Date(testedAt).toLocaleString()}
        >
          {t('hop.tested', { when: relativeTime(testedAt) })}
        </span>
      )}
      {account && (
        <span className={styles.fact}>
          {t('picture.account', { id: account })}
        </span>
      )}
      {owner && <span className={styles.fact}>{t(`managedBy.${owner}`)}</span>}
      <CatalogLinks refs={entityRefs} />
    </li>
  );
}
