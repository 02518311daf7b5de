import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Text } from '@backstage/ui';
import { RiDownloadLine } from '@remixicon/react';
import { isResponseError } from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { useTexts } from '../../hooks/useTexts';

/** Gives a text to the browser as a file. */
function save(name: string, text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The facts behind a report, to send to those who can tell more from them. */
export function DownloadBundle({ reportId }: { reportId: string }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const [refusal, setRefusal] = useState<string>();
  const [loading, setLoading] = useState(false);
  const download = async () => {
    setLoading(true);
    setRefusal(undefined);
    try {
      const text = await api.getReportBundle(reportId);
      save(`eks-pod-identity-${reportId}.json`, text);
    } catch (error) {
      setRefusal(
        isResponseError(error) ? error.cause.message : (error as Error).message,
      );
    } finally {
      setLoading(false);
    }
  };
  return (
    <>
      <Button
        size="small"
        variant="secondary"
        iconStart={<RiDownloadLine />}
        isDisabled={loading}
        onPress={download}
      >
        {t('tab.downloadBundle')}
      </Button>
      {refusal && (
        <Text role="alert" as="p" variant="body-small" color="danger">
          {refusal}
        </Text>
      )}
    </>
  );
}
