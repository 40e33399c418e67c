import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextField, type TextFieldProps } from "react-aria-components";
import styles from "./field.module.css";

export interface FieldProps extends Omit<TextFieldProps, "className" | "children" | "style"> {
  label: ReactNode;
  help?: ReactNode;
  mono?: boolean;
}

export function Field({ label, help, mono = false, ...rest }: FieldProps) {
  return (
    <TextField {...rest} className={styles.field}>
      <Label className={styles.label}>{label}</Label>
      <Input className={styles.input} data-mono={mono || undefined} />
      {help && (
        <Text slot="description" className={styles.help}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error} />
    </TextField>
  );
}
