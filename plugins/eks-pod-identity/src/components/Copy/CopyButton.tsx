import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, ButtonIcon, VisuallyHidden } from '@backstage/ui';
import {
  RiCheckLine,
  RiErrorWarningLine,
  RiFileCopyLine,
} from '@remixicon/react';
import { podIdentityTranslationRef } from '../../translation';
import { useCopy } from './useCopy';

const ICONS = {
  idle: <RiFileCopyLine />,
  copied: <RiCheckLine />,
  failed: <RiErrorWarningLine />,
};

/** Copies a text; what became of it is shown, and said to those who do not see it. */
export function CopyButton({
  text,
  label,
  withText = false,
  className,
}: {
  text: string;
  /** What is copied: “Copy the snippet”. */
  label: string;
  /** The label beside the icon. */
  withText?: boolean;
  className?: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { outcome, copy } = useCopy(text);
  const said =
    outcome && t(outcome === 'copied' ? 'card.copied' : 'copy.failed');
  const icon = ICONS[outcome ?? 'idle'];
  return (
    <>
      {withText ? (
        <Button
          className={className}
          size="small"
          variant="secondary"
          iconStart={icon}
          onPress={copy}
        >
          {said ?? label}
        </Button>
      ) : (
        <ButtonIcon
          className={className}
          size="small"
          variant="secondary"
          aria-label={label}
          icon={icon}
          onPress={copy}
        />
      )}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}
