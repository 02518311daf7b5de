import { Button, ButtonIcon, VisuallyHidden } from '@backstage/ui';
import {
  RiCheckLine,
  RiErrorWarningLine,
  RiFileCopyLine,
} from '@remixicon/react';
import { useTexts } from '../../hooks/useTexts';
import { useCopy } from './useCopy';

const ICONS = {
  idle: <RiFileCopyLine />,
  copied: <RiCheckLine />,
  failed: <RiErrorWarningLine />,
};

/** Copies a text, and shows and announces whether that worked. */
export function CopyButton({
  text,
  label,
  withText = false,
  className,
}: {
  text: string;
  /** What is copied: “Copy the snippet”. */
  label: string;
  /** Also show the label, beside the icon. */
  withText?: boolean;
  className?: string;
}) {
  const { t } = useTexts();
  const { outcome, copy } = useCopy(text);
  const message =
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
          {message ?? label}
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
      <VisuallyHidden role="status">{message}</VisuallyHidden>
    </>
  );
}
