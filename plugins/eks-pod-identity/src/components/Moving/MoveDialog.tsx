import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Text,
} from '@backstage/ui';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import styles from './Moving.module.css';

/** A button, and what it does in sentences, to be read before it is done. */
export function MoveDialog({
  label,
  title,
  says,
  isPrimary = false,
  isDisabled,
  onConfirm,
}: {
  label: string;
  title: string;
  says: string[];
  isPrimary?: boolean;
  isDisabled: boolean;
  onConfirm: () => void;
}) {
  const { t } = useTexts();
  return (
    <DialogTrigger>
      <Button
        size="small"
        variant={isPrimary ? 'primary' : 'secondary'}
        isDisabled={isDisabled}
      >
        {label}
      </Button>
      <Dialog width={520}>
        <DialogHeader>{title}</DialogHeader>
        <DialogBody>
          <div className={styles.says}>
            {says.map(sentence => (
              <Text as="p" key={sentence} variant="body-medium">
                <Sentence>{sentence}</Sentence>
              </Text>
            ))}
          </div>
        </DialogBody>
        <DialogFooter>
          <Button variant="secondary" slot="close">
            {t('moving.cancel')}
          </Button>
          <Button variant="primary" slot="close" onPress={onConfirm}>
            {label}
          </Button>
        </DialogFooter>
      </Dialog>
    </DialogTrigger>
  );
}
