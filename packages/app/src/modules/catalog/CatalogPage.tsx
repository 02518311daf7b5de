import {
  CatalogIndexPage,
  CatalogTable,
  type CatalogTableColumnsFunc,
} from '@backstage/plugin-catalog';
import { createIdentityStatusColumn } from 'backstage-plugin-eks-pod-identity/legacy';
import styles from './CatalogPage.module.css';

/** What the table has no room for beside the status. */
const LEFT_OUT = ['entity.spec.lifecycle', 'entity.metadata.tags'];

const columns: CatalogTableColumnsFunc = context => {
  const shown = CatalogTable.defaultColumnsFunc(context).filter(
    ({ field }) => !LEFT_OUT.includes(`${field}`),
  );
  const afterName =
    1 + shown.findIndex(({ field }) => field === 'resolved.entityRef');
  return [
    ...shown.slice(0, afterName),
    createIdentityStatusColumn(),
    ...shown.slice(afterName),
  ];
};

export function CatalogPage() {
  return (
    <div className={styles.catalog}>
      <CatalogIndexPage columns={columns} />
    </div>
  );
}
