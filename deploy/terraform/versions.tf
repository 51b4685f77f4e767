# A fleet that updates itself, on AWS. Terraform makes the machines; which version they run is the package repository's
# business: nodes follow its production channel by themselves, so a release is no change here.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name }
  }
}
