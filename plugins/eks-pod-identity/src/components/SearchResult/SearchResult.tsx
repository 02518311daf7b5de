import { useApi } from '@backstage/frontend-plugin-api';
import {
  DefaultResultListItem,
  type DefaultResultListItemProps,
} from '@backstage/plugin-search-react';
import { RiShieldKeyholeLine } from '@remixicon/react';
import {
  serviceAccountRefSchema,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { shownStatus } from '../headline';
import { useSentence } from '../OpenChange';
import { TwoLines } from '../Sentence';
import { StatusBadge } from '../StatusBadge';
import styles from './SearchResult.module.css';

/** Type of what the search module of the backend indexes. */
export const IDENTITY_TYPE = 'aws-identity';

export const isIdentity = ({ type }: { type: string }) =>
  type === IDENTITY_TYPE;

/** The answer is that of the card: it names to the reader no more than the card would. */
function Status({ identity }: { identity: Identity }) {
  const sentence = useSentence(identity);
  const status = shownStatus(identity);
  return (
    <div className={styles.status}>
      <StatusBadge status={status} notes={identity.notes} />
      {status !== 'verified' && <TwoLines>{sentence}</TwoLines>}
    </div>
  );
}

/** An identity that was searched for, with its status of this moment: the index is up to ten minutes old. */
export function SearchResult({
  icon = <RiShieldKeyholeLine />,
  ...props
}: DefaultResultListItemProps) {
  const api = useApi(podIdentityApiRef);
  const [identity, setIdentity] = useState<Identity>();
  const { result } = props;
  useEffect(() => {
    const ref = serviceAccountRefSchema.safeParse(result);
    let isShown = ref.success;
    if (ref.success) {
      api.getIdentity(ref.data).then(
        found => isShown && setIdentity(found),
        // A result without it still leads to the identity
        () => {},
      );
    }
    return () => {
      isShown = false;
    };
  }, [api, result]);
  return (
    <DefaultResultListItem
      {...props}
      icon={icon}
      secondaryAction={identity && <Status identity={identity} />}
    />
  );
}
