import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Organization } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { toast } from "../../ui/toasts";
import { makeOrganization, organizationsQuery, switchTo } from "./queries";
import { nameOf } from "./rules";
import styles from "./organizations.module.css";

/** Those one belongs to. A session is in one of them, and everything shown is of that one. */
export function Organizations() {
  const query = useQuery(organizationsQuery);
  return (
    <Card title="Your organizations">
      <Answer query={query} failure="Your organizations did not come." rows={1} height={40}>
        {(organizations) => (
          <ul>
            {organizations.map((organization) => (
              <Row key={organization.id} organization={organization} />
            ))}
          </ul>
        )}
      </Answer>
      <MakeForm />
    </Card>
  );
}

function Row({ organization }: { organization: Organization }) {
  const change = useMutation({
    mutationFn: () => switchTo(organization.id),
    // The page begins anew: whatever it holds is of the other one.
    onSuccess: () => location.assign("/organization"),
  });
  return (
    <li className={styles.row} data-testid="organization">
      <div className={styles.text}>
        <div className={styles.name}>
          {organization.name} {organization.current && <Badge tone="ok">here</Badge>}
        </div>
        <div className={styles.note}>{nameOf(organization.role)}</div>
        {change.error && <Failure what="You are where you were." problem={asProblem(change.error)} />}
      </div>
      {!organization.current && (
        <Button onPress={() => change.mutate()} busy={change.isPending} aria-label={`Switch to ${organization.name}`}>
          Switch
        </Button>
      )}
    </li>
  );
}

function MakeForm() {
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => makeOrganization(name.trim()),
    onSuccess: async (made) => {
      toast(`${made.name} was made. Switch to it to invite people.`);
      setName("");
      await cache.invalidateQueries({ queryKey: organizationsQuery.queryKey });
    },
  });
  const problem = make.error ? asProblem(make.error) : null;
  return (
    <Form
      className={styles.foot}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Field label="New organization" name="name" autoComplete="off" value={name} onChange={setName} isRequired />
      {problem && problem.fields.length === 0 && <Failure what="Nothing was made." problem={problem} />}
      <div className={styles.buttons}>
        <Button type="submit" busy={make.isPending}>
          Make it
        </Button>
      </div>
    </Form>
  );
}
