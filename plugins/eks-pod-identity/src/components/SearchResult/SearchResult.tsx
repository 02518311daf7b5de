import { useApi } from '@backstage/frontend-plugin-api';
import {
  DefaultResultListItem,
  type DefaultResultListItemProps,
} from '@backstage/plugin-search-react';
import { RiShieldKeyholeLine } from '@remixicon/react';
import {
  serviceAccountRefSchema,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { StatusBadge } from '../StatusBadge';

/** Type of what the search module of the backend indexes. */
export const IDENTITY_TYPE = 'aws-identity';

export const isIdentity = ({ type }: { type: string }) =>
  type === IDENTITY_TYPE;

/** An identity that was searched for, with its status of this moment: the index is up to ten minutes old. */
export function SearchResult({
  icon = <RiShieldKeyholeLine />,
  ...props
}: DefaultResultListItemProps) {
  const api = useApi(podIdentityApiRef);
  const [status, setStatus] = useState<IdentityStatus>();
  const { result } = props;
  useEffect(() => {
    const ref = serviceAccountRefSchema.safeParse(result);
    let isShown = ref.success;
    if (ref.success) {
      api.getIdentity(ref.data).then(
        identity => isShown && setStatus(identity.status),
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
      secondaryAction={status && <StatusBadge status={status} />}
    />
  );
}
