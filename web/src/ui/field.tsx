import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";
import styles from "./field.module.css";

export interface FieldProps extends Omit<TextFieldProps, "className" | "children" | "style"> {
  label: ReactNode;
  help?: ReactNode;
  mono?: boolean;
  /** More than one: it can hold some. */
  lines?: number;
}

export function Field({ label, help, mono = false, lines = 1, ...rest }: FieldProps) {
  return (
    <TextField {...rest} className={styles.field}>
      <Label className={styles.label}>{label}</Label>
      {lines > 1 ? <TextArea className={styles.input} rows={lines} data-mono={mono || undefined} /> : <Input className={styles.input} data-mono={mono || undefined} />}
      {help && (
        <Text slot="description" className={styles.help}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error} />
    </TextField>
  );
}
