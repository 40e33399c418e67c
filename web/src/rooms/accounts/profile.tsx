import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { toast } from "../../ui/toast";
import { fetchMe, meQuery, type Signed } from "../sessions/queries";
import { saveName } from "./queries";
import styles from "./accounts.module.css";

/** The draft is kept against the version it began from, so that a newer one is noticed and shown. */
export function Profile({ signed }: { signed: Signed }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [theirs, setTheirs] = useState<Signed | null>(null);
  const name = draft ?? signed.me.name;
  const save = useMutation({
    mutationFn: (etag: string) => saveOver(signed, name, etag),
    onSuccess: (saved) => {
      cache.setQueryData(meQuery.queryKey, saved);
      setDraft(null);
      setTheirs(null);
      toast("Your name was saved.");
    },
    onError: async (error) => {
      if (asProblem(error).status === 412) setTheirs(await fetchMe());
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  const take = (newer: Signed) => {
    cache.setQueryData(meQuery.queryKey, newer);
    setDraft(null);
    setTheirs(null);
    save.reset();
  };
  return (
    <Card title="Profile">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(signed.etag);
        }}
      >
        <Field label="Name" name="name" value={name} onChange={setDraft} autoComplete="name" isRequired />
        {theirs ? (
          <div className={styles.conflict} role="alert">
            <p>
              <Dot tone="warn" /> <strong>The name was changed elsewhere in the meantime.</strong>
            </p>
            <dl className={styles.versions}>
              <dt>Now</dt>
              <dd>{theirs.me.name}</dd>
              <dt>Yours</dt>
              <dd>{name}</dd>
            </dl>
            <div className={styles.choices}>
              <Button onPress={() => take(theirs)}>Keep the newer</Button>
              <Button kind="primary" onPress={() => save.mutate(theirs.etag)} busy={save.isPending}>
                Save mine over it
              </Button>
            </div>
          </div>
        ) : (
          <>
            {problem && problem.status !== 412 && problem.fields.length === 0 && <Failure what="The name was not saved." problem={problem} />}
            <div className={styles.choices}>
              <Button kind="primary" type="submit" isDisabled={draft === null || draft === signed.me.name} busy={save.isPending}>
                Save
              </Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  );
}

/** Another part of the account may have changed (the password): then nobody's name is run over. */
async function saveOver(began: Signed, name: string, etag: string): Promise<Signed> {
  try {
    return await saveName(name, etag);
  } catch (error) {
    if (asProblem(error).status !== 412) throw error;
    const newer = await fetchMe();
    if (newer.me.name !== began.me.name || newer.etag === etag) throw error;
    return saveName(name, newer.etag);
  }
}
