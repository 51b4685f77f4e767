"""The private apt repository: what is released to staging and to production, and the way back."""
