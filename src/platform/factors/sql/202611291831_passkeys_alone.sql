-- Whether the authenticator has made sure who holds it, so that one signs in with the passkey alone:
-- it said so when it was made, or when it was used so. Of those made before this column only the
-- second is known.
ALTER TABLE credentials_webauthn ADD COLUMN knows_holder boolean NOT NULL DEFAULT false;
