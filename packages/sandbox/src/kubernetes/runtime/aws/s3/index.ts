import { Command } from '../sdk';
import { S3API_COMMANDS } from './api';
import { ls } from './ls';

/** `aws s3 ls` and `aws s3api …` */
export const S3_COMMANDS: Record<string, Command> = {
  's3 ls': { options: ['recursive', 'human-readable', 'summarize'], run: ls },
  ...S3API_COMMANDS,
};
