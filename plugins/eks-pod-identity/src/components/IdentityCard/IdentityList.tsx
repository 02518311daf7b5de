import { Button, Flex } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { accessOf } from '../AccessParts/ofEntity';
import styles from './IdentityCard.module.css';
import { IdentityDetails } from './IdentityDetails';
import { IdentityLine } from './IdentityLine';

/** Identities beyond this number are folded behind “N more”. */
const SHOWN_LINES = 5;

/** Several identities, a line each; one of them can be open. */
export function IdentityList({
  data,
  entityRef,
  openRef,
  onOpen,
  onChanged,
}: {
  data: EntityIdentities;
  entityRef: string;
  /** By reference: the order changes with every status. */
  openRef: string | undefined;
  onOpen: (ref: string | undefined) => void;
  onChanged: () => void;
}) {
  const { t } = useTexts();
  /** Stays in view after it was closed, so that it does not vanish under the pointer. */
  const [touchedRef, setTouchedRef] = useState<string>();
  const [all, setAll] = useState(false);
  const { identities } = data;
  const lines = identities
    .map(identity => ({
      identity,
      ref: stringifyServiceAccountRef(identity.ref),
    }))
    .filter(
      ({ ref }, index) => all || index < SHOWN_LINES || ref === touchedRef,
    );
  const folded = identities.length - lines.length;
  return (
    <Flex direction="column" gap="0">
      {lines.map(({ identity, ref }) => (
        <IdentityLine
          key={ref}
          identity={identity}
          open={openRef === ref}
          onToggle={() => {
            setTouchedRef(ref);
            onOpen(openRef === ref ? undefined : ref);
          }}
        >
          <IdentityDetails
            identity={identity}
            access={accessOf(data, identity)}
            entityRef={entityRef}
            onChanged={onChanged}
            nested
          />
        </IdentityLine>
      ))}
      {folded > 0 && (
        <Button
          size="small"
          variant="tertiary"
          className={styles.more}
          onPress={() => setAll(true)}
        >
          {t('card.more', { count: folded })}
        </Button>
      )}
    </Flex>
  );
}
