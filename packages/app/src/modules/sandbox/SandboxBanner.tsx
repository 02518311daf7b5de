import {
  AppRootElementBlueprint,
  configApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { RiFlaskLine } from '@remixicon/react';
import styles from './SandboxBanner.module.css';

/** Says on every page that nothing touches a real AWS account; absent unless `sandbox.enabled` is true. */
export function SandboxBanner() {
  const config = useApi(configApiRef);
  if (!config.getOptionalBoolean('sandbox.enabled')) return null;
  return (
    <aside className={styles.banner} aria-label="Sandbox account">
      <RiFlaskLine size={16} aria-hidden="true" />
      <span>
        <strong>Sandbox account</strong>
        <span className={styles.more}> – no AWS account is touched</span>
      </span>
    </aside>
  );
}

export const SandboxBannerElement = AppRootElementBlueprint.make({
  name: 'sandbox-banner',
  params: { element: <SandboxBanner /> },
});
