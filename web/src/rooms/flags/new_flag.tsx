import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { flagsKey, makeFlag } from "./queries";
import { keyOf, kinds, types } from "./state";
import type { Kind, ValueType } from "./types";
import { VariantRows, firstVariants, variantsIn, type Typed } from "./variant_rows";
import styles from "./flags.module.css";

/** Made in every environment, off. */
export function NewFlagDialog({ environment, onClose }: { environment: string; onClose: () => void }) {
  return (
    <Dialog title="New flag" isOpen onClose={onClose}>
      <Content environment={environment} onClose={onClose} />
    </Dialog>
  );
}

function Content({ environment, onClose }: { environment: string; onClose: () => void }) {
  const [name, setName] = useState("");
  const [typedKey, setKey] = useState<string>();
  const [description, setDescription] = useState("");
  const [type, setType] = useState<ValueType>("bool");
  const [kind, setKind] = useState<Kind>("release");
  const [removal, setRemoval] = useState("");
  const [tags, setTags] = useState("");
  const [variants, setVariants] = useState<readonly Typed[]>([]);
  const navigate = useNavigate();
  const key = typedKey ?? keyOf(name);
  const { variants: made, problem: wrong } = variantsIn(type, variants);
  const make = useMutation({
    mutationFn: () =>
      makeFlag({
        key,
        name: name.trim(),
        description: description.trim(),
        type,
        kind,
        ...(removal && { expected_removal_at: removal }),
        ...(tags.trim() && { tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean) }),
        ...(type !== "bool" && { variants: made }),
      }),
    onSuccess: async (flag) => {
      toast("The flag was made. It is off everywhere.");
      onClose();
      await cache.invalidateQueries({ queryKey: flagsKey });
      await navigate({ to: "/settings/flags/$key/{-$tab}", params: { key: flag.key }, search: environment ? (before: { environment?: string }) => (before.environment ? { environment: before.environment } : {}) : {} });
    },
  });
  const problem = make.error ? asProblem(make.error) : null;
  const chosen = (next: ValueType) => {
    setType(next);
    setVariants(firstVariants(next));
  };
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !make.isPending) make.mutate();
      }}
    >
      <Field label="Name" name="name" value={name} onChange={(text) => (setName(text), make.reset())} maxLength={200} isRequired autoFocus autoComplete="off" />
      <Field label="Key" name="key" value={key} onChange={(text) => (setKey(text), make.reset())} maxLength={100} isRequired mono autoComplete="off" help="What the code asks for. It stays: lower-case letters, digits, . _ -" />
      <Field label="Description" name="description" value={description} onChange={(text) => (setDescription(text), make.reset())} maxLength={500} isRequired autoComplete="off" help="What is different when it is on." />
      <div className={styles.pair}>
        <Choice label="Value" value={type} options={types} onChange={chosen} />
        <Choice label="Kind" value={kind} options={kinds} onChange={setKind} />
      </div>
      {type !== "bool" && <VariantRows type={type} rows={variants} onChange={setVariants} />}
      <div className={styles.pair}>
        <Field label="Remove by" name="expected_removal_at" type="date" value={removal} onChange={setRemoval} help="When it should be out of the code." />
        <Field label="Tags" name="tags" value={tags} onChange={setTags} maxLength={500} autoComplete="off" help="Separated by commas." />
      </div>
      <CommandLine>{`acme flags create ${key || "…"} --type ${type} --kind ${kind} --name "${name || "…"}" --description "…"`}</CommandLine>
      {wrong && make.isError && <p role="alert">{wrong}</p>}
      {problem && (problem.fields.length === 0 || problem.fields.some((field) => field.pointer.startsWith("/variants"))) && <Failure what="The flag was not made." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={make.isPending} {...(wrong && { why: wrong })}>
          Make flag
        </Button>
      </DialogActions>
    </Form>
  );
}
