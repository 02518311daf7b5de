import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { permissionsMentions } from 'backstage-plugin-eks-pod-identity-common';
import { permissionsRouteRef } from '../../routes';
import styles from './Sentence.module.css';

/** A sentence of the backend, in which the page about permissions is a link where the app has that page. */
export function Sentence({ children: text }: { children: string }) {
  const page = useRouteRef(permissionsRouteRef)?.();
  return (
    <>
      {permissionsMentions(text).map((part, index) => {
        if (typeof part === 'string') return part;
        return page === undefined ? (
          part.label
        ) : (
          <Link
            key={index}
            href={`${page}${part.hash}`}
            className={styles.link}
          >
            {part.label}
          </Link>
        );
      })}
    </>
  );
}
