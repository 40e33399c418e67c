#include "platform/accounts/letters.hpp"

namespace acme::accounts {

smtp::Letter confirm_letter(const Proofs::Told& told, const std::string& base_url) {
    return {
        .to = told.email,
        .subject = "Confirm your address",
        .text = "Somebody asked for an account with this address at\n" + base_url +
                "\n\nIf it was you, open this link and type the password that you chose:\n\n" +
                base_url + "/verify#token=" + told.token +
                "\n\nOr type this code where you signed up: " + told.code +
                "\n\nEither works once, within 24 hours. If it was not you, do nothing: then no\n"
                "account comes to be.\n",
    };
}

smtp::Letter known_letter(const Proofs::Told& told, const std::string& base_url) {
    return {
        .to = told.email,
        .subject = "You have an account already",
        .text = "Somebody asked for an account with this address, which has one. Sign in at\n\n" +
                base_url + "/sign-in\n\nor, if you forgot the password, set another one at\n\n" +
                base_url + "/forgot\n\nIf it was not you, do nothing: nothing has changed.\n",
    };
}

smtp::Letter reset_letter(const Proofs::Told& told, const std::string& base_url) {
    return {
        .to = told.email,
        .subject = "Set a new password",
        .text = "Somebody asked to set a new password for your account at\n" + base_url +
                "\n\nIf it was you, open this link:\n\n" + base_url + "/reset#token=" + told.token +
                "\n\nOr type this code where you asked: " + told.code +
                "\n\nEither works once, within an hour, and ends all your sessions. If it was not\n"
                "you, do nothing: your password stays as it is.\n",
    };
}

}  // namespace acme::accounts
